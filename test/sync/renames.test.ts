/** Profiles and user groups renamed in the Admin Console are found again by their id (F45, `umapi.md` 12). */
import { expect } from 'vitest';
import { ADA, ada, byHand, night } from './nights.ts';
import { scenario, X, Y } from './stage.ts';

// About what is decided, not about order, loss or crash (decision 14).
process.env['DIRECTORY_STORE'] ??= 'model';

const OLD = X.name;
const NEW = 'Agent Europe';

scenario('grants and revokes go on under the new name, and the rules in force have it', {}, async (stage) => {
  const id = await ada(stage);
  await night(stage);
  stage.org.byHand({ action: 'renameGroup', group: OLD, to: NEW });
  await night(stage);
  const chat = (await stage.directory.groupNamed(stage.connection, 'Chat'))?.id ?? '';
  const ben = await stage.user('ben@example.com');
  await stage.join(chat, ben);
  await stage.quit(chat, id);
  await stage.drain();
  expect(stage.holders(NEW)).toEqual(['ben@example.com']);
  expect(Object.keys((await stage.account(id)).applied.entitlements)).toEqual([]);
  expect(await stage.directory.readFaults(stage.orgKey)).toEqual([]);
  const connection = await stage.directory.getConnection(stage.connection);
  const names = (await stage.directory.rulesOf(connection)).flatMap(({ grants }) =>
    grants.map(({ name }) => name),
  );
  expect(names.sort()).toEqual([NEW, Y.name].sort());
});

scenario('nobody gets a mail or a call because of a rename', {}, async (stage) => {
  await ada(stage);
  await night(stage);
  const before = stage.actionCalls().length;
  stage.org.byHand({ action: 'renameGroup', group: OLD, to: NEW });
  await night(stage);
  await night(stage);
  expect(stage.actionCalls()).toHaveLength(before);
  expect(stage.holders(NEW)).toEqual([ADA]);
  expect((await stage.directory.readReconciliation(stage.orgKey))?.drifted).toBe(0);
});

scenario('an old name that something else has by now is not followed', {}, async (stage) => {
  const id = await ada(stage);
  await night(stage);
  stage.org.byHand({ action: 'renameGroup', group: OLD, to: NEW });
  stage.org.byHand({ action: 'addProfile', name: OLD, product: 'Dynamic Chat (EU)' });
  await night(stage);
  byHand(stage, 'grant', OLD);
  const chat = (await stage.directory.groupNamed(stage.connection, 'Chat'))?.id ?? '';
  await stage.quit(chat, id);
  await stage.drain();
  expect([stage.holders(NEW), stage.holders(OLD)]).toEqual([[ADA], []]);
});
