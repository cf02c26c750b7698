/**
 * Two connections of one bridge: the neighbour (`okta`), who has people and groups, and the one that asks (`entra`).
 * Everything that is random is seeded, so that two such bridges with the same history are the same byte for byte; what
 * then differs between their answers is what the difference in the questions told.
 */
import type { DirectoryDeps } from '../../lambdas/directory/dynamo-scim.ts';
import { openIds } from '../../lambdas/directory/ids.ts';
import { ConnectionId } from '../../lambdas/directory/records.ts';
import { seededRandom } from '../../local/adobe-org/random.ts';
import { dump, type Item } from '../directory/fixture.ts';
import { interceptSend } from '../directory/intercept.ts';
import { ORG, settings } from '../open.ts';
import { type Answered, openTestScim, type TestScim } from './bridge.ts';

export const OWN = ConnectionId.parse('entra');

type Json = Record<string, unknown>;
export type Ask = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<Answered>;

export interface Neighbours {
  readonly bridge: TestScim;
  /** As the neighbour. */
  readonly theirs: Ask;
  /** As the one that asks. */
  readonly own: Ask;
  readonly ownToken: string;
  /** Creates and gives the id. */
  make(ask: Ask, path: '/Users' | '/Groups', body: Json): Promise<string>;
  /** Names of the commands that the store was sent since the last call. */
  commands(): string[];
  /** What belongs to the neighbour, as it lies in the table. */
  itemsOfTheirs(): Promise<Item[]>;
  close(): Promise<void>;
}

export async function openNeighbours(): Promise<Neighbours> {
  let commands: string[] = [];
  const bridge = await openTestScim({
    wrap: (deps) => ({
      ...seeded(deps),
      client: interceptSend(deps.client, (command, send) => {
        commands.push(command.constructor.name);
        return send();
      }),
    }),
  });
  await bridge.directory.setUp({
    org: { key: ORG, adobeOrgId: '5F2A1C20B7D44E9A0A49@AdobeOrg', clientId: 'client-1' },
    connection: { id: OWN, settings },
  });
  const { secret: ownToken } = await bridge.directory.createToken(OWN, { label: 'own' });
  const own: Ask = (method, path, body, headers = {}) =>
    bridge.scim(method, path, body, { authorization: `Bearer ${ownToken}`, ...headers });
  return {
    bridge,
    theirs: bridge.scim,
    own,
    ownToken,
    make: async (ask, path, body) => {
      const answer = await ask('POST', path, body);
      if (answer.status !== 201) throw new Error(`${path}: ${answer.text}`);
      return String(answer.json['id']);
    },
    commands: () => {
      const since = commands;
      commands = [];
      return since;
    },
    itemsOfTheirs: async () => {
      const items = await dump(bridge);
      const accounts = items.filter(({ pk }) => pk === 'okta#U').map((item) => String(item['accountId']));
      const isTheirs = (pk: string) =>
        /^(okta|J#okta)(#|$)/.test(pk) || accounts.some((account) => pk.includes(account));
      // The id of the table is the engine's own.
      return items.filter(({ pk }) => isTheirs(String(pk))).map(({ tableId: _, ...item }) => item);
    },
    close: bridge.close,
  };
}

function seeded(deps: DirectoryDeps): DirectoryDeps {
  const bytes = seededRandom(20_260_302);
  const randomBytes = (length: number) => Uint8Array.from({ length }, () => Math.floor(bytes() * 256));
  // A pause that a slow machine asks for takes nothing from the source of the ids.
  return { ...deps, random: seededRandom(1), randomBytes, newId: openIds(deps.now, randomBytes) };
}

/** The answer as its receiver gets it, with ids that were asked about replaced by one word. */
export function bytesOf({ status, headers, text }: Answered, ids: readonly string[]): string {
  const whole = JSON.stringify([status, headers, text]);
  return ids.reduce((bytes, id) => bytes.replaceAll(id, 'ID'), whole);
}
