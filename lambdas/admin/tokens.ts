/**
 * Credentials of the identity providers of the connection: made, listed, revoked (T01-T11). A bearer token, or a client for
 * those that fetch tokens by OAuth. A secret is shown once and a hash never. Each has an end, and whoever asks for the
 * list or for `status` is told of it 30 days ahead.
 */
import * as z from 'zod';
import { readNetwork } from '../directory/networks.ts';
import { identifierProblem } from '../directory/normal.ts';
import { LONGEST_TOKEN_MS, TokenScope } from '../directory/records.ts';
import type { TokenRecord } from '../directory/token-records.ts';
import { type Command, defineCommand, Refused } from './command.ts';
import type { AdminParts } from './parts.ts';
import { count, instant } from './words.ts';

const DAY_MS = 24 * 3600 * 1000;
const LONGEST_DAYS = LONGEST_TOKEN_MS / DAY_MS;
const LONGEST_LABEL = 100;
const MOST_NETWORKS = 50;
const WARN_DAYS = 30;

const Label = z
  .string('write a label that says who uses the token')
  .trim()
  .min(1, 'write a label that says who uses the token')
  .max(LONGEST_LABEL, `use at most ${LONGEST_LABEL} characters`)
  .refine((label) => identifierProblem(label) === undefined, 'use printable characters only');

const Network = z.string().transform((text, context) => {
  const network = readNetwork(text);
  if (network !== undefined) return network;
  context.addIssue(`"${text}" is no network: write it as 192.0.2.0/24 or 2001:db8::/32`);
  return z.NEVER;
});

export function tokenCreate({ directory, connection, now }: AdminParts): Command {
  return defineCommand({
    schema: z.strictObject({
      label: Label,
      /** A client for the token endpoint instead of a token. */
      oauth: z.boolean().default(false),
      scopes: z.array(TokenScope).min(1, 'name read, write or both').optional(),
      expiresInDays: z
        .number()
        .int()
        .min(1, 'use at least 1 day (--expires-in-days)')
        .max(LONGEST_DAYS, `use at most ${LONGEST_DAYS} days (--expires-in-days)`)
        .default(LONGEST_DAYS),
      networks: z
        .array(Network)
        .min(1, 'name at least one network')
        .max(MOST_NETWORKS, `name at most ${MOST_NETWORKS} networks`)
        .optional(),
    }),
    run: async ({ label, oauth, scopes, expiresInDays, networks }, { operator }) => {
      const { token, secret } = await directory.createToken(connection, {
        label,
        kind: oauth ? 'client' : 'bearer',
        expiresAt: now() + expiresInDays * DAY_MS,
        createdBy: operator,
        ...(scopes === undefined ? {} : { scopes: [...new Set(scopes)] }),
        ...(networks === undefined ? {} : { networks: [...new Set(networks)] }),
      });
      return { text: introduce(token, secret, now()), data: { ...shown(token), secret } };
    },
  });
}

function introduce(token: TokenRecord, secret: string, now: number): string[] {
  const about = `"${token.label}" (${token.id}), ${describe(token, now)}:`;
  const once = 'now: it is not stored and cannot be shown again. Earlier ones go on working until revoked.';
  if (token.kind === 'bearer') return [`Token ${about}`, secret, `Copy it ${once}`];
  return [
    `OAuth client ${about}`,
    `client id      ${token.id}`,
    `client secret  ${secret}`,
    'token URL      /oauth/token behind the address of the bridge (instead of /scim/v2), grant client_credentials',
    `Copy the secret ${once}`,
  ];
}

export function tokenList({ directory, connection, now }: AdminParts): Command {
  return defineCommand({
    schema: z.strictObject({}),
    run: async () => {
      const tokens = [...(await directory.listTokens(connection))].sort((a, b) => a.created - b.created);
      const text = [...tokens.map((token) => lineOf(token, now())), ...warnings(tokens, now())];
      return { text, data: tokens.map(shown) };
    },
  });
}

function lineOf(token: TokenRecord, now: number): string {
  const { id, kind, label, created, createdBy, lastUsed, seenFrom } = token;
  const used = lastUsed === undefined ? 'never used' : `last used ${instant(lastUsed)}`;
  return [
    `${id}  "${label}"  ${kind === 'client' ? 'OAuth client, ' : ''}${describe(token, now)}`,
    `made ${instant(created)}${createdBy === undefined ? '' : ` by ${createdBy}`}`,
    `${used}${seenFrom === undefined ? '' : ` (seen from ${[...seenFrom].sort().join(', ')})`}`,
  ].join(', ');
}

/** What an operator has to do about tokens, soon or now; also part of `status`. */
export function warnings(tokens: readonly TokenRecord[], now: number): string[] {
  const live = tokens.filter((token) => !isExpired(token, now));
  if (live.length === 0) return [noneLeft];
  return live
    .filter(({ expiresAt }) => expiresAt - now <= WARN_DAYS * DAY_MS)
    .map(({ id, label, expiresAt }) => {
      const days = count(Math.ceil((expiresAt - now) / DAY_MS), 'day');
      return `! "${label}" ends within ${days}. Make a new one (token create), give it to the identity provider, then: token revoke ${id}`;
    });
}

const noneLeft = 'There is no live token, so no identity provider gets in. Make one: token create LABEL';

export function tokenRevoke({ directory, connection, now }: AdminParts): Command {
  return defineCommand({
    schema: z.strictObject({
      id: z.string().min(1).max(64, 'that is no id of a token; token list shows them'),
    }),
    run: async ({ id }, { operator }) => {
      if (!(await directory.revokeToken(connection, id, operator))) {
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

function isExpired({ expiresAt }: TokenRecord, now: number): boolean {
  return expiresAt <= now;
}

function describe(token: TokenRecord, now: number): string {
  const { expiresAt, scopes, networks } = token;
  const end = `${isExpired(token, now) ? 'expired' : 'expires'} ${instant(expiresAt)}`;
  return `${scopes.join(' and ')}, ${end}${networks === undefined ? '' : `, only from ${networks.join(', ')}`}`;
}

/** Without the hash, whatever else the record may get. */
function shown(token: TokenRecord): Record<string, unknown> {
  const { id, kind, label, scopes, created, createdBy, expiresAt, lastUsed, networks, seenFrom } = token;
  const from = seenFrom === undefined ? undefined : [...seenFrom].sort();
  return { id, kind, label, scopes, created, createdBy, expiresAt, lastUsed, networks, seenFrom: from };
}
