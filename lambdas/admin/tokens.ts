/** Bearer tokens of the connection: made, listed, revoked (T01-T07). A secret is shown once and a hash never. */
import * as z from 'zod';
import { identifierProblem } from '../directory/normal.ts';
import { type TokenRecord, TokenScope } from '../directory/records.ts';
import { type Command, defineCommand, Refused } from './command.ts';
import type { AdminParts } from './parts.ts';
import { instant } from './words.ts';

const DAY_MS = 24 * 3600 * 1000;
const LONGEST_LABEL = 100;

const Label = z
  .string('write a label that says who uses the token')
  .trim()
  .min(1, 'write a label that says who uses the token')
  .max(LONGEST_LABEL, `use at most ${LONGEST_LABEL} characters`)
  .refine((label) => identifierProblem(label) === undefined, 'use printable characters only');

export function tokenCreate({ directory, connection, now }: AdminParts): Command {
  return defineCommand({
    schema: z.strictObject({
      label: Label,
      scopes: z.array(TokenScope).min(1, 'name read, write or both').optional(),
      expiresInDays: z
        .number()
        .int()
        .min(1, 'use at least 1 day (--expires-in-days)')
        .max(3_650, 'use at most 3650 days (--expires-in-days)')
        .optional(),
    }),
    run: async ({ label, scopes, expiresInDays }) => {
      const { token, secret } = await directory.createToken(connection, {
        label,
        ...(scopes === undefined ? {} : { scopes: [...new Set(scopes)] }),
        ...(expiresInDays === undefined ? {} : { expires: now() + expiresInDays * DAY_MS }),
      });
      const text = [
        `Token "${token.label}" (${token.id}), ${describe(token, now())}:`,
        secret,
        'Copy it now: it is not stored and cannot be shown again. Earlier tokens go on working until revoked.',
      ];
      return { text, data: { ...shown(token), secret } };
    },
  });
}

export function tokenList({ directory, connection, now }: AdminParts): Command {
  return defineCommand({
    schema: z.strictObject({}),
    run: async () => {
      const tokens = [...(await directory.listTokens(connection))].sort((a, b) => a.created - b.created);
      const text = tokens.map((token) => {
        const used = token.lastUsed === undefined ? 'never used' : `last used ${instant(token.lastUsed)}`;
        return `${token.id}  "${token.label}"  ${describe(token, now())}, made ${instant(token.created)}, ${used}`;
      });
      return { text: text.length > 0 ? text : [noneLeft], data: tokens.map(shown) };
    },
  });
}

const noneLeft = 'There is no token, so no identity provider gets in. Make one: token create LABEL';

export function tokenRevoke({ directory, connection, now }: AdminParts): Command {
  return defineCommand({
    schema: z.strictObject({
      id: z.string().min(1).max(64, 'that is no id of a token; token list shows them'),
    }),
    run: async ({ id }) => {
      if (!(await directory.revokeToken(connection, id))) {
        throw new Refused(
          'There is no token of this id. token list shows the ids; a token that was revoked is gone.',
        );
      }
      const left = (await directory.listTokens(connection)).filter((token) => !isExpired(token, now()));
      const text = [
        `Revoked: requests with this token are refused from now on.`,
        ...(left.length > 0 ? [] : [noneLeft]),
      ];
      return { text, data: { id, left: left.length } };
    },
  });
}

function isExpired({ expires }: TokenRecord, now: number): boolean {
  return expires !== undefined && expires <= now;
}

function describe(token: TokenRecord, now: number): string {
  const { expires, scopes } = token;
  const end =
    expires === undefined
      ? 'does not expire'
      : `${isExpired(token, now) ? 'expired' : 'expires'} ${instant(expires)}`;
  return `${scopes.join(' and ')}, ${end}`;
}

/** Without the hash, whatever else the record may get. */
function shown({ id, label, scopes, created, expires, lastUsed }: TokenRecord): Record<string, unknown> {
  return { id, label, scopes, created, expires, lastUsed };
}
