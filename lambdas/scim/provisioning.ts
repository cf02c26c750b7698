/**
 * The bridge's own extension of User: how far provisioning at Adobe is. It is read-only and shown only when it is asked for
 * by name, because it changes without the user changing and costs further reads. Where it is shown the entity tag
 * covers it (row 234), and it can be filtered and sorted by like any attribute.
 */
import type { Provisioning } from '../directory/directory.ts';
import { isObject } from './json.ts';
import { ADOBE_URN } from './schema.ts';
import { fingerprint } from './texts.ts';
import type { Values } from './values.ts';

/** The full representation of a user with the extension in it. */
export function withProvisioning(
  wire: Values,
  provisioning: Provisioning | undefined,
  baseUrl: string,
): Values {
  if (provisioning === undefined) return wire;
  const extension = extensionOf(provisioning, baseUrl);
  const { schemas, meta, ...rest } = wire;
  return {
    schemas: [...(Array.isArray(schemas) ? schemas : []), ADOBE_URN],
    ...rest,
    [ADOBE_URN]: extension,
    meta: isObject(meta) ? { ...meta, version: tagWith(String(meta['version']), extension) } : meta,
  };
}

function extensionOf(provisioning: Provisioning, baseUrl: string): Values {
  const { state, since, reason, message, hint, email, identityType, entitlements } = provisioning;
  return {
    status: state,
    since: new Date(since).toISOString(),
    ...(reason === undefined ? {} : { reason }),
    ...(message === undefined ? {} : { message }),
    ...(hint === undefined ? {} : { hint }),
    ...(email === undefined ? {} : { email }),
    ...(identityType === undefined ? {} : { identityType }),
    ...(entitlements.length === 0
      ? {}
      : {
          entitlements: entitlements.map(({ name, kind, state: status, group }) => ({
            value: name,
            type: kind,
            status,
            ...(group === undefined
              ? {}
              : { group: group.id, groupDisplay: group.displayName, $ref: `${baseUrl}/Groups/${group.id}` }),
          })),
        }),
  };
}

/** `W/"3"` becomes `W/"3-<fingerprint>"`: the number before the hyphen stays what `If-Match` compares. */
function tagWith(tag: string, extension: Values): string {
  return `${tag.slice(0, -1)}-${fingerprint(JSON.stringify(extension))}"`;
}
