/** From the identity provider's 2xx to the grant at Adobe, without backlog: what the bridge waits, and what it works. */
import { openTestBridge, type TestBridge } from '../build.ts';
import { personNumber } from '../size/stage.ts';

const GRANT = { kind: 'profile', name: 'Agent EU' } as const;

/** Who somebody is to Adobe when the grant is wanted. */
export const STANDINGS = ['new', 'listed', 'unlisted'] as const;
type Standing = (typeof STANDINGS)[number];

/** Seconds of each grant. `unlisted` people came to Adobe by hand after the last listing. */
export async function grantDelays(
  each: number,
  onProgress: (text: string) => void,
): Promise<Readonly<Record<Standing, readonly number[]>>> {
  const bridge = await openTestBridge({ profiles: [{ name: GRANT.name, product: 'Dynamic Chat (EU)' }] });
  const delays: Record<Standing, number[]> = { new: [], listed: [], unlisted: [] };
  try {
    await bridge.map([{ group: 'Chat', grants: [GRANT] }]);
    const group = await bridge.scim('POST', '/scim/v2/Groups', { displayName: 'Chat' });
    for (let number = 0; number < each; number++) addByHand(bridge, numberOf(number, 'listed'));
    await bridge.drain();
    for (let number = 0; number < each; number++) {
      for (const standing of STANDINGS) {
        const who = numberOf(number, standing);
        if (standing === 'unlisted') addByHand(bridge, who);
        delays[standing].push(await delayOf(bridge, String(group.json.id), who));
      }
      onProgress(`${number + 1} of ${each} grants of each kind`);
    }
    return delays;
  } finally {
    await bridge.close();
  }
}

const numberOf = (number: number, standing: Standing) =>
  number * STANDINGS.length + STANDINGS.indexOf(standing);

function addByHand({ org }: TestBridge, number: number): void {
  const { userName: email, name } = personNumber(number);
  const names = { firstname: name?.givenName ?? '', lastname: name?.familyName ?? '' };
  org.byHand({ action: 'addUser', email, ...names, country: 'US' });
}

async function delayOf(bridge: TestBridge, group: string, number: number): Promise<number> {
  const { clock, org } = bridge;
  const { userName, ...person } = personNumber(number);
  // Adobe's limit is no matter of this figure: there is a free slot.
  clock.advance(60_000);
  const made = await bridge.scim('POST', '/scim/v2/Users', { ...person, userName, active: true });
  const operation = { op: 'add', path: 'members', value: [{ value: made.json.id }] };
  const answer = await bridge.scim('PATCH', `/scim/v2/Groups/${group}`, { Operations: [operation] });
  if (answer.status !== 204) throw new Error(`PATCH: ${answer.status}`);
  const [saidAt, began] = [clock.now(), performance.now()];
  // The stream says "look" to a function of its own.
  await bridge.drainOnce(10_000);
  const workedMs = performance.now() - began;
  if (!org.members(GRANT.name).includes(userName)) throw new Error(`${userName} got no grant in 10 s`);
  const waitedMs = (org.calls().findLast(({ endpoint }) => endpoint === 'action')?.at ?? saidAt) - saidAt;
  return (waitedMs + workedMs) / 1_000;
}
