/**
 * URNs of the drafts that came before RFC 7643 (tolerance `draftSchema`). They name no type of resource, so one URN stands
 * for the core schema of users and for that of groups.
 */
import type { ResourceKind, Schema } from './attributes.ts';
import { fold } from './json.ts';
import { ENTERPRISE_URN } from './schema.ts';

const DRAFT_URN = /^urn:scim:schemas:(core|extension:enterprise):[12]\.0(?::(?:user|group))?$/;

/** The schema of this kind of resource that a draft's URN means; undefined for every other text. */
export function schemaOfDraft(urn: string, kind: ResourceKind): Schema | undefined {
  const [, name] = DRAFT_URN.exec(fold(urn)) ?? [];
  if (name === undefined) return undefined;
  return name === 'core' ? kind.core : kind.extensions.find((schema) => schema.urn === ENTERPRISE_URN);
}
