/** I09: when all is as it should be, looking once more and hearing the same again sends nothing to Adobe. */
import { accountIds, drainToRest, type Ending, markAll } from '../stage/rest.ts';
import type { Tenant } from '../stage/world.ts';
import { type Caller, callScim } from '../traffic/caller.ts';

export async function judgeIdle(ending: Ending): Promise<void> {
  const { caller } = ending;
  const { world } = caller;
  const before = world.books.adobe.calls();
  await markAll(caller, accountIds(await world.store.table()));
  await drainToRest(ending);
  const looked = world.books.adobe.calls() - before;
  if (looked > 0) world.violate('I09', `one more round sent ${looked} action calls`);
  for (const tenant of world.tenants) await sayAgain(caller, tenant);
  await drainToRest(ending);
  const repeated = world.books.adobe.calls() - before - looked;
  if (repeated > 0) world.violate('I09', `the same PUT again sent ${repeated} action calls`);
}

async function sayAgain(caller: Caller, { token }: Tenant): Promise<void> {
  const { world } = caller;
  const { said } = await callScim(caller, token, { method: 'GET', path: '/Users?count=200' });
  for (const shown of said?.json?.Resources ?? []) {
    const { meta, groups: _, ...body } = shown;
    const path = `/Users/${body.id}`;
    const again = await callScim(caller, token, { method: 'PUT', path, body });
    const version = again.said?.json?.meta?.version;
    if (version !== meta.version)
      world.violate('I19', `the same PUT moved ${path} from ${meta.version} to ${version}`);
  }
}
