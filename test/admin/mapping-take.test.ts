import { afterEach, describe, expect, test } from 'vitest';
import { seededRandom } from '../../local/adobe-org/random.ts';
import { seedSmallOrg } from '../../local/adobe-org/seed.ts';
import { testClock } from '../open.ts';
import { type Desk, openDesk } from './desk.ts';

const opened: Desk[] = [];
afterEach(async () => {
  for (const desk of opened.splice(0)) await desk.bridge.close();
});

/** The org of a first start, listed by a first drain. */
async function smallOrg(): Promise<Desk> {
  const clock = testClock();
  const desk = await openDesk({ clock, state: seedSmallOrg({ random: seededRandom(3), at: clock.now() }) });
  opened.push(desk);
  await desk.bridge.drain();
  return desk;
}

const AGENTS = { group: 'Agents', grants: [{ userGroup: 'Chat agents EU' }] };
const agentsOf = (...userGroups: string[]) => ({
  group: 'Agents',
  grants: userGroups.map((userGroup) => ({ userGroup })),
});

describe('an entitlement taken out of a rule (R13)', () => {
  async function annHasBoth(): Promise<Desk & { group: string; ann: string }> {
    const desk = await smallOrg();
    const ann = await desk.addUser('ann@example.com');
    const group = await desk.addGroup('Agents', [ann]);
    await desk.apply([agentsOf('Chat agents EU', 'Marketing')]);
    await desk.bridge.drain();
    expect(desk.bridge.holders('Marketing')).toContain('ann@example.com');
    return { ...desk, group, ann };
  }

  test('needs a decision: refused with the list, and the plan without yes asks for it', async () => {
    const desk = await annHasBoth();
    const message = await desk.refusal('mapping.apply', { rules: [AGENTS], yes: true });
    expect(message).toContain('"Marketing" is taken out of group "Agents"');
    expect(message).toContain('--revoke');
    expect(message).toContain('--leave');
    const { text } = await desk.run('mapping.apply', { rules: [AGENTS] });
    expect(text.join('\n')).toContain('Lose "Marketing" (user group): 1\n  ann@example.com');
    expect(text.at(-1)).toContain('--revoke or --leave');
    await desk.bridge.drain();
    expect(desk.bridge.holders('Marketing')).toContain('ann@example.com');
  });

  test('a dropped rule needs the decision as well', async () => {
    const desk = await annHasBoth();
    expect(await desk.refusal('mapping.apply', { rules: [], yes: true })).toContain(
      '"Chat agents EU" is taken out of group',
    );
  });

  test('with revoke is taken away at Adobe', async () => {
    const desk = await annHasBoth();
    await desk.apply([AGENTS], 'revoke');
    await desk.bridge.drain();
    expect(desk.bridge.holders('Marketing')).not.toContain('ann@example.com');
    expect(desk.bridge.holders('Chat agents EU')).toContain('ann@example.com');
  });

  test('with leave stays at Adobe, also when the person goes', async () => {
    const desk = await annHasBoth();
    const { text } = await desk.apply([AGENTS], 'leave');
    expect(text.join('\n')).toContain('Keep "Marketing" (user group) at Adobe');
    await desk.bridge.drain();
    expect(desk.bridge.holders('Marketing')).toContain('ann@example.com');
    await desk.patchMembers(desk.group, 'remove', [desk.ann]);
    await desk.bridge.drain();
    expect(desk.bridge.holders('Marketing')).toContain('ann@example.com');
    expect(desk.bridge.holders('Chat agents EU')).not.toContain('ann@example.com');
  });

  test('that was left and is named again is managed again', async () => {
    const desk = await annHasBoth();
    await desk.apply([AGENTS], 'leave');
    await desk.bridge.drain();
    await desk.apply([agentsOf('Chat agents EU', 'Marketing')]);
    expect((await desk.bridge.directory.getConnection(desk.bridge.connection)).left).toEqual([]);
    await desk.bridge.drain();
    await desk.patchMembers(desk.group, 'remove', [desk.ann]);
    await desk.bridge.drain();
    expect(desk.bridge.holders('Marketing')).not.toContain('ann@example.com');
  });

  test('cannot be left while another rule names it', async () => {
    const desk = await annHasBoth();
    const rules = [AGENTS, { group: 'Marketeers', grants: [{ userGroup: 'Marketing' }] }];
    const message = await desk.refusal('mapping.apply', { rules, yes: true, take: 'leave' });
    expect(message).toContain('still granted by group "Marketeers"');
    expect(message).toContain('say --revoke');
  });

  test('by renaming the rule after its group is no taking: nobody loses anything (R11)', async () => {
    const desk = await annHasBoth();
    const schemas = ['urn:ietf:params:scim:api:messages:2.0:PatchOp'];
    const Operations = [{ op: 'replace', path: 'displayName', value: 'Chat people' }];
    await desk.bridge.scim('PATCH', `/scim/v2/Groups/${desk.group}`, { schemas, Operations });
    const rule = { ...agentsOf('Chat agents EU', 'Marketing'), group: 'Chat people' };
    await desk.apply([rule]);
    const before = desk.bridge.org.state().mails.length;
    await desk.bridge.drain();
    expect(desk.bridge.holders('Marketing')).toContain('ann@example.com');
    expect(desk.bridge.org.state().mails).toHaveLength(before);
  });
});
