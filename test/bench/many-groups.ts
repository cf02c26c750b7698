/** Thousands of groups, and somebody who is in two hundred of them, against somebody who is in none; in turns. */
import { CONNECTION } from '../open.ts';
import type { Answered } from '../size/stage.ts';
import { median } from './figures.ts';
import type { Place } from './growth.ts';
import { makePeople } from './people.ts';

export interface GroupFigures {
  readonly groups: number;
  readonly figures: readonly { readonly what: string; readonly ms: number; readonly plainMs: number }[];
}

const IN_GROUPS = 200;
const ROUNDS = 25;

export async function measureGroups(
  { stage }: Place,
  groups: number,
  onProgress: (text: string) => void,
): Promise<GroupFigures> {
  const [joiner, nobody] = await makePeople(stage, 910_000, 2);
  const ids: string[] = [];
  for (let at = 0; at < groups; at += 20) {
    const names = Array.from({ length: Math.min(20, groups - at) }, (_, more) => `Group ${at + more}`);
    const made = await Promise.all(
      names.map((displayName, more) =>
        stage.asRequest.createGroup(CONNECTION, {
          displayName,
          members: at + more < IN_GROUPS ? [joiner?.id ?? ''] : [],
        }),
      ),
    );
    for (const one of made) if (one.ok) ids.push(one.group.id);
    onProgress(`${ids.length} of ${groups} groups`);
  }
  const last = ids.at(-1) ?? '';
  const ask = async (method: string, path: string, body?: unknown): Promise<Answered> => {
    stage.clock.advance(1_000);
    const answer = await stage.ask(method, path, { body });
    if (answer.status >= 400)
      throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.json)}`);
    return answer;
  };
  const change = (op: 'add' | 'remove') => (id: string) =>
    ask('PATCH', `/Groups/${last}`, { Operations: [{ op, path: 'members', value: [{ value: id }] }] });
  const turns = async (what: string, send: (id: string) => Promise<Answered>) => ({
    what,
    ...(await inTurns(send, joiner?.id ?? '', nobody?.id ?? '')),
  });
  const [add, remove] = [change('add'), change('remove')];
  const both = async (id: string) => {
    const [{ ms: added }, answer] = [await add(id), await remove(id)];
    return { ...answer, ms: added + answer.ms };
  };
  return {
    groups: ids.length,
    figures: [
      await turns('get the person', (id) => ask('GET', `/Users/${id}`)),
      await turns('get the person without groups', (id) =>
        ask('GET', `/Users/${id}?excludedAttributes=groups`),
      ),
      await turns('join and leave one more group', both),
    ],
  };
}

async function inTurns(
  send: (id: string) => Promise<Answered>,
  one: string,
  other: string,
): Promise<{ readonly ms: number; readonly plainMs: number }> {
  const [ms, plainMs]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    ms.push((await send(one)).ms);
    plainMs.push((await send(other)).ms);
  }
  return { ms: median(ms), plainMs: median(plainMs) };
}
