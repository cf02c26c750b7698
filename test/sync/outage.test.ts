/**
 * The table away for hours (F11), an index that shows yesterday (F08), a clock that is wrong (F23): what was said is done
 * when it is over, nothing else is, and nobody is mailed twice (I07, I08, I10).
 */
import { QueryCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect } from 'vitest';
import { openDirectory } from '../../lambdas/directory/dynamo.ts';
import type { DirectoryDeps } from '../../lambdas/directory/dynamo-scim.ts';
import { type DrainReport, drain } from '../../lambdas/sync/drain.ts';
import { seededRandom } from '../../local/adobe-org/random.ts';
import { interceptSend } from '../directory/intercept.ts';
import { testClock } from '../open.ts';
import { HOUR, MINUTE, scenario, X, Y } from './stage.ts';

// The directory's contract holds on both stores; `DIRECTORY_STORE=engine` plays this on the engine (decision 14).
process.env['DIRECTORY_STORE'] ??= 'model';

/** A table that answers nothing while `down`; the directory's patience passes without anybody waiting for it. */
function openLine() {
  const line = { down: false };
  const wrap = (deps: DirectoryDeps): DirectoryDeps => {
    let waitedMs = 0;
    return {
      ...deps,
      realNow: () => waitedMs,
      pause: async (ms) => {
        waitedMs += ms;
      },
      client: interceptSend(deps.client, async (_, send) => {
        if (line.down) throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
        return send();
      }),
    };
  };
  return { line, wrap };
}

const patch = (Operations: object[]) => ({
  schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
  Operations,
});

describe('the table away for three hours (F11)', () => {
  const { line, wrap } = openLine();

  scenario(
    'the provider is told to come again, Adobe is left alone, and all of it happens afterwards, once',
    { wrap },
    async (stage) => {
      const [ada, ben, cleo] = [
        await stage.user('ada@example.com'),
        await stage.user('ben@example.com'),
        await stage.user('cleo@example.com'),
      ];
      const chat = await stage.group('Chat', [ada, ben]);
      await stage.drain();
      // Said before, and not sent yet.
      await stage.quit(chat, ada);
      stage.hooks.after = async ({ isAction }) => {
        if (isAction) line.down = true;
        return undefined;
      };
      // It goes away while the revoke is on its way: the outcome cannot be written down.
      await expect(stage.drainOnce()).rejects.toThrow();
      delete stage.hooks.after;
      const calls = stage.org.calls().length;
      const requests: [string, string, unknown][] = [
        [
          'PATCH',
          `/scim/v2/Groups/${chat}`,
          patch([{ op: 'add', path: 'members', value: [{ value: cleo }] }]),
        ],
        ['PATCH', `/scim/v2/Users/${ben}`, patch([{ op: 'replace', value: { active: false } }])],
        ['POST', '/scim/v2/Users', { userName: 'dora@example.com', emails: [{ value: 'dora@example.com' }] }],
      ];
      for (let minute = 0; minute < 180; minute += 20) {
        for (const [method, path, body] of requests) {
          const { status, headers } = await stage.scim(method, path, body);
          expect([status, Number(headers['retry-after']) > 0]).toEqual([429, true]);
        }
        await expect(stage.drainOnce()).rejects.toThrow();
        stage.clock.advance(20 * MINUTE);
      }
      expect(stage.org.calls()).toHaveLength(calls);
      line.down = false;
      for (const [method, path, body] of requests)
        expect((await stage.scim(method, path, body)).status).toBeLessThan(300);
      await stage.settle();
      expect(stage.holders(X.name)).toEqual(['cleo@example.com']);
      expect(stage.welcomes()).toEqual([
        'ada@example.com: Agent EU',
        'ben@example.com: Agent EU',
        'cleo@example.com: Agent EU',
      ]);
      expect((await stage.account(ada)).status).toBe('idle');
      const rest = stage.actionCalls().length;
      await stage.settle();
      expect(stage.actionCalls()).toHaveLength(rest);
    },
  );
});

describe('an index that lags by up to two minutes (F08, R16)', () => {
  const random = seededRandom(8);
  const clock = testClock();
  const struck = { times: 0 };
  /** Half of its answers are older ones to the same question. */
  const wrap = (deps: DirectoryDeps): DirectoryDeps => {
    const answers = new Map<string, { at: number; answer: unknown }[]>();
    return {
      ...deps,
      client: interceptSend(deps.client, async (command, send) => {
        const fresh = await send();
        if (!(command instanceof QueryCommand) || command.input.IndexName === undefined) return fresh;
        const question = `${command.input.ExpressionAttributeValues?.[':pk']?.S} ${command.input.Limit}`;
        const told = (answers.get(question) ?? []).filter(({ at }) => at > clock.now() - 2 * MINUTE);
        answers.set(question, [...told, { at: clock.now(), answer: fresh }]);
        const older = told[Math.floor(random() * told.length)];
        if (older === undefined || random() < 0.5) return fresh;
        struck.times += 1;
        return older.answer;
      }),
    };
  };

  scenario(
    'keeps nobody from what is wanted, and lets nobody have what is not, or twice',
    { wrap, clock },
    async (stage) => {
      const emails = new Map<string, string>();
      for (let at = 0; at < 8; at++) {
        const email = `p${10 + at}@example.com`;
        emails.set(await stage.user(email), email);
      }
      const ids = [...emails.keys()];
      const chat = await stage.group('Chat', ids);
      const market = await stage.group('Market');
      for (const id of ids) {
        if (random() < 0.5) await stage.quit(chat, id);
        if (random() < 0.5) await stage.join(market, id);
        if (random() < 0.3) await stage.join(chat, id);
        await stage.drainOnce(20_000);
        stage.clock.advance(Math.floor(random() * MINUTE));
      }
      for (let calm = 0; calm < 3; calm++) await stage.settle(5 * MINUTE);
      expect(struck.times).toBeGreaterThan(10);
      for (const [group, { name }] of [
        [chat, X],
        [market, Y],
      ] as const) {
        const { json } = await stage.scim('GET', `/scim/v2/Groups/${group}`);
        const members = (json.members ?? []).map(({ value }: { value: string }) => emails.get(value));
        expect([name, stage.holders(name)]).toEqual([name, members.sort()]);
      }
      expect(new Set(stage.welcomes()).size).toBe(stage.welcomes().length);
    },
  );
});

describe('clocks that are wrong (F23)', () => {
  const skew = { ms: 0 };
  const wrap = (deps: DirectoryDeps): DirectoryDeps => ({ ...deps, now: () => deps.now() + skew.ms });

  scenario(
    'a machine whose clock jumps by five minutes either way at every call keeps the pace and comes to the right end',
    { wrap },
    async (stage) => {
      const random = seededRandom(23);
      const now = () => stage.clock.now() + skew.ms;
      stage.hooks.before = async ({ isAction }) => {
        if (isAction) skew.ms = Math.floor((random() - 0.5) * 10 * MINUTE);
        return undefined;
      };
      const ids: string[] = [];
      for (let at = 0; at < 15; at++) ids.push(await stage.user(`p${10 + at}@example.com`));
      const chat = await stage.group('Chat', ids);
      for (let round = 0; round < 8; round++) {
        await drain({ ...stage.drainDeps, now }, stage.orgKey, { until: now() + 2 * MINUTE });
        if (round === 3) await stage.quit(chat, ids[4] ?? '');
        stage.clock.advance(3 * MINUTE);
      }
      delete stage.hooks.before;
      skew.ms = 0;
      await stage.settle(HOUR);
      expect(stage.holders(X.name)).toHaveLength(14);
      expect([stage.welcomes().length, new Set(stage.welcomes()).size]).toEqual([15, 15]);
    },
  );

  scenario(
    'of two processes five minutes apart the one ahead takes the lease, and the other writes nothing more',
    {},
    async (stage) => {
      const ids: string[] = [];
      for (let at = 0; at < 25; at++) ids.push(await stage.user(`p${10 + at}@example.com`));
      await stage.group('Chat', ids);
      const now = () => stage.clock.now() + 5 * MINUTE;
      const directory = openDirectory({ ...stage.deps, now });
      let ahead: DrainReport | undefined;
      stage.hooks.after = async ({ isAction }) => {
        if (!isAction) return undefined;
        delete stage.hooks.after;
        ahead = await drain({ ...stage.drainDeps, directory, now }, stage.orgKey, {
          until: now() + MINUTE,
        });
        return undefined;
      };
      const behind = await stage.drainOnce();
      expect([behind.outcome, ahead?.outcome]).toEqual(['lease-lost', 'idle']);
      stage.clock.advance(10 * MINUTE);
      await stage.settle();
      expect(stage.holders(X.name)).toHaveLength(25);
      expect(stage.welcomes()).toHaveLength(25);
      for (const id of ids) expect(await stage.account(id)).toMatchObject({ status: 'idle', origin: 'made' });
    },
  );
});
