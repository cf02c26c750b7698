/** Many at once: few calls, none twice, and nobody lost (R9, R10, R19; I09; `umapi.md` 18.1). */
import { describe, expect } from 'vitest';
import type { DirectoryDeps } from '../../lambdas/directory/dynamo-scim.ts';
import type { Entitlement } from '../../lambdas/directory/records.ts';
import { withTransactionFaults } from '../directory/conflicts.ts';
import { MINUTE, type Stage, scenario, X } from './stage.ts';

// Hundreds of people in seconds (decision 14).
process.env['DIRECTORY_STORE'] ??= 'model';

const people = (count: number) => Array.from({ length: count }, (_, at) => `person${at}@example.com`);

/** Everything an identity provider says of these people; repeated, it looks up whom it meets by 409. */
async function provision(stage: Stage, emails: readonly string[], group: string): Promise<number[]> {
  const answers: number[] = [];
  const ids: string[] = [];
  for (let from = 0; from < emails.length; from += 10) {
    const said = await Promise.all(emails.slice(from, from + 10).map((email) => say(stage, email)));
    answers.push(...said.map(({ status }) => status));
    ids.push(...said.map(({ id }) => id));
  }
  const listed = await stage.scim(
    'GET',
    `/scim/v2/Groups?filter=${encodeURIComponent(`displayName eq "${group}"`)}`,
  );
  const id = listed.json.Resources[0]?.id ?? (await stage.group(group));
  for (let from = 0; from < ids.length; from += 100) await stage.join(id, ...ids.slice(from, from + 100));
  return answers;
}

async function say(stage: Stage, email: string): Promise<{ status: number; id: string }> {
  const name = { givenName: 'Per', familyName: 'Son' };
  const { status, json } = await stage.scim('POST', '/scim/v2/Users', { userName: email, name });
  if (status === 201) return { status, id: json.id };
  const filter = encodeURIComponent(`userName eq "${email}"`);
  const found = await stage.scim('GET', `/scim/v2/Users?filter=${filter}`);
  return { status, id: found.json.Resources[0].id };
}

describe('300 people', () => {
  scenario(
    'newly mapped, their traffic done before the drain, arrive in at most 32 action calls; repeated, it makes none',
    {},
    async (stage) => {
      await provision(stage, people(300), 'Chat');
      await stage.drain();
      expect(stage.holders(X.name)).toHaveLength(300);
      expect(stage.actionCalls().length).toBeLessThanOrEqual(32);
      const calls = stage.org.calls().length;
      const repeated = await provision(stage, people(300), 'Chat');
      expect(new Set(repeated)).toEqual(new Set([409]));
      await stage.drain();
      expect(stage.org.calls()).toHaveLength(calls);
    },
  );

  scenario(
    'with a listing of an hour ago and single-user reads, in at most 32 calls too (R19)',
    {},
    async (stage) => {
      await stage.drain();
      stage.clock.advance(60 * MINUTE);
      await provision(stage, people(120), 'Chat');
      await stage.drain();
      expect(stage.holders(X.name)).toHaveLength(120);
      expect(stage.actionCalls().length).toBeLessThanOrEqual(14);
      expect(stage.org.calls().some(({ endpoint }) => endpoint === 'user')).toBe(true);
    },
  );

  scenario('unmapped make no call and nobody at Adobe', {}, async (stage) => {
    await provision(stage, people(300), 'Not mapped');
    await stage.drain();
    expect(stage.actionCalls()).toEqual([]);
    expect(stage.org.people()).toEqual([]);
  });
});

describe('100 parallel PATCHes that add one member each', () => {
  const struck = { conflicts: 0, lostAnswers: 0 };
  const wrap = (deps: DirectoryDeps) =>
    withTransactionFaults(deps, { seed: 11, conflict: 0.15, lostAnswer: 0.03 }, struck);

  scenario(
    'under transaction conflicts: 100 members, each with the group’s entitlements at Adobe (R10)',
    { wrap },
    async (stage) => {
      const ids = await Promise.all(people(100).map((email) => stage.user(email)));
      const chat = await stage.group('Chat');
      await Promise.all(ids.map((id) => stage.join(chat, id)));
      const { json } = await stage.scim('GET', `/scim/v2/Groups/${chat}`);
      expect(json.members).toHaveLength(100);
      await stage.drain();
      expect(stage.holders(X.name)).toEqual(people(100).sort());
      expect(stage.welcomes()).toHaveLength(100);
      expect(struck.conflicts).toBeGreaterThan(20);
      expect(struck.lostAnswers).toBeGreaterThan(3);
    },
  );
});

const named = (count: number): Entitlement[] =>
  Array.from({ length: count }, (_, at) => ({
    kind: 'userGroup',
    name: `Group ${String(at).padStart(3, '0')}`,
  }));

describe('many entitlements for one person', () => {
  for (const [count, calls] of [
    [25, 1],
    [105, 2],
  ] as const) {
    const options = {
      userGroups: named(count).map(({ name }) => name),
      rules: [{ group: 'Chat', grants: named(count) }],
    };
    scenario(
      `${count} user groups are given in ${calls} request(s), and taken in as few`,
      options,
      async (stage) => {
        const ada = await stage.user('ada@example.com');
        await stage.group('Chat', [ada]);
        await stage.drain();
        expect(stage.person('ada@example.com')?.groups).toEqual(named(count).map(({ name }) => name));
        expect(stage.actionCalls()).toHaveLength(calls);
        await stage.leave(ada);
        await stage.drain();
        expect(stage.person('ada@example.com')?.groups).toEqual([]);
        expect(stage.actionCalls()).toHaveLength(2 * calls);
      },
    );
  }

  const many = {
    userGroups: named(105).map(({ name }) => name),
    rules: [{ group: 'Chat', grants: named(105) }],
  };

  scenario(
    'the answer to the second of two requests is lost: all of them are there in the end',
    many,
    async (stage) => {
      const ada = await stage.user('ada@example.com');
      await stage.group('Chat', [ada]);
      stage.faults(
        { kind: 'none', endpoint: 'action' },
        { kind: 'reset', applied: true, endpoint: 'action' },
      );
      await stage.settle();
      expect(stage.person('ada@example.com')?.groups).toHaveLength(105);
    },
  );
});
