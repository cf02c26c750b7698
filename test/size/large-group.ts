/** A group of many members against one of ten: read whole, read without members, changed by one. */
import type { Cost } from './meter.ts';
import type { Answered, Stage } from './stage.ts';

export interface GroupFigures {
  readonly members: number;
  readonly compressed: Answered;
  readonly plain: Answered;
  readonly without: Answered;
  readonly unchanged: Answered;
  readonly add: Cost;
  readonly remove: Cost;
}

/** `person` is a member of neither group. */
export async function measureGroup(stage: Stage, group: string, person: string): Promise<GroupFigures> {
  const compressed = await stage.ask('GET', `/Groups/${group}`, { headers: { 'accept-encoding': 'gzip' } });
  const plain = await stage.ask('GET', `/Groups/${group}`);
  const without = await stage.ask('GET', `/Groups/${group}?excludedAttributes=members`);
  // A group's own meta holds its tag.
  const { version } = without.json['meta'] as { version: string };
  const unchanged = await stage.ask('GET', `/Groups/${group}`, { headers: { 'if-none-match': version } });
  const [add, remove] = await measureChanges(stage, group, person);
  return { members: membersIn(compressed), compressed, plain, without, unchanged, add, remove };
}

/** Once unmeasured: the first change of a person makes the account's place among the work to do. */
async function measureChanges(stage: Stage, group: string, person: string): Promise<readonly [Cost, Cost]> {
  const both = async () => {
    stage.clock.advance(1_000);
    const add = await change(stage, group, { op: 'add', path: 'members', value: [{ value: person }] });
    stage.clock.advance(1_000);
    const remove = await change(stage, group, { op: 'remove', path: `members[value eq "${person}"]` });
    return [add, remove] as const;
  };
  await both();
  return both();
}

async function change(stage: Stage, group: string, operation: object): Promise<Cost> {
  const body = { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations: [operation] };
  const { status, json, cost } = await stage.ask('PATCH', `/Groups/${group}`, { body });
  if (status !== 204) throw new Error(`PATCH: ${status} ${JSON.stringify(json)}`);
  return cost;
}

/** A list, or none where the group is empty or was refused. */
export function membersIn({ json }: Answered): number {
  const { members } = json;
  return Array.isArray(members) ? members.length : 0;
}
