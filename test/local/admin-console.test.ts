import { describe, expect, test } from 'vitest';
import { openAdminConsole } from '../../local/admin-console.ts';
import { seededRandom } from '../../local/adobe-org/random.ts';
import { asFetch, createAdobeOrg } from '../../local/adobe-org.ts';

const access = {
  url: 'http://adobe.example/',
  orgId: 'ORG@AdobeOrg',
  clientId: 'key',
  clientSecret: 'hidden',
};
const ada = { email: 'Ada.Park+1@example.com', type: 'federatedID', groups: ['Chat agents EU'] };

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** An Adobe that answers from a list, after any number of tokens. */
function consoleOver(answers: Response[]) {
  const seen: Seen[] = [];
  const waits: number[] = [];
  let tokens = 0;
  const adobe = openAdminConsole({
    access,
    wait: async (ms) => {
      waits.push(ms);
    },
    fetch: async (input, init) => {
      const request = new Request(input, init);
      seen.push({
        method: request.method,
        url: request.url,
        headers: Object.fromEntries(request.headers),
        body: await request.text(),
      });
      if (request.url.endsWith('/ims/token/v3')) {
        tokens += 1;
        return Response.json({ access_token: `token-${tokens}` });
      }
      const answer = answers.shift();
      if (!answer) throw new Error(`no answer left for ${request.url}`);
      return answer;
    },
  });
  return { adobe, seen, waits };
}

const page = (users: object[], lastPage: boolean) => Response.json({ result: 'success', lastPage, users });

describe('the console reads Adobe as documented', () => {
  test('a token is fetched once by form post, with comma-separated scopes (umapi 2.2)', async () => {
    const { adobe, seen } = consoleOver([Response.json({ user: ada }), Response.json({ user: ada })]);
    await adobe.person('ada.park+1@example.com');
    await adobe.person('ada.park+1@example.com');
    expect(seen.map(({ url }) => url)).toEqual([
      'http://adobe.example/ims/token/v3',
      ...Array(2).fill(
        'http://adobe.example/v2/usermanagement/organizations/ORG@AdobeOrg/users/ada.park%2B1%40example.com?domain=example.com',
      ),
    ]);
    expect(seen[0]?.headers['content-type']).toBe('application/x-www-form-urlencoded');
    expect(Object.fromEntries(new URLSearchParams(seen[0]?.body))).toEqual({
      grant_type: 'client_credentials',
      client_id: 'key',
      client_secret: 'hidden',
      scope: 'openid,AdobeID,user_management_sdk',
    });
    expect(seen[1]?.headers).toMatchObject({ authorization: 'Bearer token-1', 'x-api-key': 'key' });
  });

  test('a person who is not in the org is undefined, one without groups has none (11.1, 11.3)', async () => {
    const { adobe } = consoleOver([
      new Response(null, { status: 404 }),
      Response.json({ user: { email: 'b@example.com' } }),
    ]);
    expect(await adobe.person('a@example.com')).toBeUndefined();
    expect((await adobe.person('b@example.com'))?.groups).toEqual([]);
  });

  test('holders are read to the last page and kept once, also through user groups (11.2)', async () => {
    const bo = { email: 'bo@example.com' };
    const { adobe, seen } = consoleOver([
      page([ada, bo], false),
      page([{ ...bo, email: 'BO@example.com' }], true),
    ]);
    const holders = await adobe.holders('Dynamic Chat (EU)');
    expect(holders?.map(({ email }) => email.toLowerCase())).toEqual([
      ada.email.toLowerCase(),
      'bo@example.com',
    ]);
    expect(seen.slice(1).map(({ url }) => url.split('usermanagement/')[1])).toEqual([
      'users/ORG@AdobeOrg/0/Dynamic%20Chat%20(EU)?directOnly=false',
      'users/ORG@AdobeOrg/1/Dynamic%20Chat%20(EU)?directOnly=false',
    ]);
  });

  test('an unknown name is undefined, a list that breaks off in the middle is an error (11.1)', async () => {
    const gone = () => new Response('', { status: 404 });
    expect(await consoleOver([gone()]).adobe.holders('No such')).toBeUndefined();
    await expect(consoleOver([page([ada], false), gone()]).adobe.holders('Sales')).rejects.toThrow(
      'broke off at page 1',
    );
  });

  test('a 429 is waited out as long as Retry-After says, else a minute', async () => {
    const busy = (headers: Record<string, string>) => new Response('', { status: 429, headers });
    const { adobe, waits } = consoleOver([busy({ 'retry-after': '3' }), busy({}), page([ada], true)]);
    expect(await adobe.holders('Sales')).toHaveLength(1);
    expect(waits).toEqual([3000, 60_000]);
  });

  test('an expired token is renewed once; a second 401 is an error', async () => {
    const expired = () => new Response('', { status: 401 });
    const { adobe, seen } = consoleOver([expired(), Response.json({ user: ada })]);
    expect((await adobe.person(ada.email))?.email).toBe(ada.email);
    expect(seen.at(-1)?.headers.authorization).toBe('Bearer token-2');
    await expect(consoleOver([expired(), expired()]).adobe.person(ada.email)).rejects.toThrow('answered 401');
  });
});

test('the console reads the simulated org of a first start', async () => {
  const org = createAdobeOrg({ now: () => 1_770_000_000_000, random: seededRandom(1) });
  const { orgId, credentials } = org.state().meta;
  const [credential] = credentials;
  const adobe = openAdminConsole({
    access: {
      url: 'http://adobe.example',
      orgId,
      clientId: credential?.clientId ?? '',
      clientSecret: credential?.clientSecrets[0] ?? '',
    },
    fetch: asFetch(org),
    wait: () => Promise.resolve(),
  });
  expect(await adobe.person('hanna.made@example.com')).toMatchObject({
    type: 'federatedID',
    lastname: 'Made',
    groups: ['Marketo Standard'],
  });
  expect(await adobe.person('nobody.at.all@example.com')).toBeUndefined();
  expect((await adobe.holders('Sales Insight'))?.map(({ email }) => email)).toEqual([
    'quentin.seat@example.com',
  ]);
  expect(await adobe.holders('No such group')).toBeUndefined();
});
