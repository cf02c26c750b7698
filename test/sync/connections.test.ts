/**
 * Several connections on one Adobe org: each person comes from one of them, and whoever comes second waits visibly, takes
 * nothing away, and goes on when the first has left and is clean (R3, R4; design.md section 4).
 */
import { expect } from 'vitest';
import { ruleIdOf } from '../../lambdas/directory/keys.ts';
import { ConnectionId } from '../../lambdas/directory/records.ts';
import { settings } from '../open.ts';
import { type Stage, scenario, X, Y } from './stage.ts';

// About what is decided, not about order, loss or crash (decision 14).
process.env['DIRECTORY_STORE'] ??= 'model';

const OTHER = ConnectionId.parse('entra');
const PROVISIONING = 'urn:ietf:params:scim:schemas:extension:adobebridge:2.0:User';

/** A second identity provider beside the stage's own, whose group `Field` gives Y. */
async function openOther(stage: Stage) {
  const { directory, orgKey } = stage;
  const org = await directory.getOrg(orgKey);
  if (org === undefined) throw new Error('the stage has no org');
  const { adobeOrgId, clientId } = org;
  const connection = { id: OTHER, settings, tableId: await directory.tableId() };
  await directory.setUp({ org: { key: orgKey, adobeOrgId, clientId }, connection });
  const grants = [{ name: Y.name, kind: Y.kind }];
  const rules = [{ id: ruleIdOf({ group: 'Field' }), group: 'Field', everyone: false, grants }];
  await directory.applyMapping(OTHER, { rules, expectedVersion: 0, left: [] });
  const { secret } = await directory.createToken(OTHER, { label: 'entra' });
  const ask = (method: string, path: string, body?: unknown) =>
    stage.scim(method, `/scim/v2${path}`, body, { authorization: `Bearer ${secret}` });
  return {
    ask,
    user: async (userName: string): Promise<string> =>
      (await ask('POST', '/Users', { userName, active: true })).json.id,
    group: async (displayName: string, ids: readonly string[]): Promise<string> =>
      (await ask('POST', '/Groups', { displayName, members: ids.map((value) => ({ value })) })).json.id,
    standing: async (id: string) =>
      (await ask('GET', `/Users/${id}?attributes=${PROVISIONING}`)).json[PROVISIONING],
  };
}

scenario(
  'a person of two connections is the first one’s; at the second the wait is shown',
  {},
  async (stage) => {
    const other = await openOther(stage);
    const ada = await stage.user('ada@example.com');
    await stage.group('Chat', [ada]);
    await stage.settle();
    const second = await other.user('ada@example.com');
    const ben = await other.user('ben@example.com');
    await other.group('Field', [second, ben]);
    await stage.settle();
    expect(stage.holders(X.name)).toEqual(['ada@example.com']);
    expect(stage.holders(Y.name)).toEqual(['ben@example.com']);
    expect(JSON.stringify(await other.standing(second))).toContain('identity-taken');

    await stage.leave(ada);
    await stage.settle();
    expect(stage.holders(X.name)).toEqual([]);
    expect(stage.holders(Y.name)).toEqual(['ada@example.com', 'ben@example.com']);
    expect(JSON.stringify(await other.standing(second))).not.toContain('identity-taken');
  },
);
