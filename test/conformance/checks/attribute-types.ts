/** The types of attributes and their values (checklist rows 64-74, 100). */
import { check, type Section } from '../check.ts';
import { expectEqual, expectError, expectThat, fail, skip } from '../expect.ts';
import { type Json, read, readList, readText } from '../json.ts';
import { shownIn } from './resources.ts';

export const attributeTypes: Section = {
  title: 'Attribute types',
  checks: [
    check(
      'value.boolean',
      { rule: 'booleans are JSON true and false', rfc: 'C 2.3.2', rows: [64], level: 'must' },
      async (t) => {
        const user = await t.makeUser({ active: false });
        expectEqual(user['active'], false, 'active');
        expectError(
          await t.post('/Users', t.draftUser({ active: 'perhaps' })),
          400,
          'invalidValue',
          'invalidSyntax',
        );
      },
    ),
    check(
      'value.integer',
      {
        rule: 'integers carry no fraction and no exponent',
        rfc: 'C 2.3.4',
        rows: [65],
        level: 'must',
        last: true,
      },
      async (t) => {
        for (const { text, request } of t.seen) {
          // Outside of strings: what follows a colon.
          const found =
            /"(totalResults|startIndex|itemsPerPage|maxResults|maxOperations|maxPayloadSize)":\s*-?\d+[.eE]/.exec(
              text,
            );
          if (found !== null) fail(`${request} answered ${found[0]}`);
        }
      },
    ),
    check(
      'value.datetime',
      {
        rule: 'dates are complete xsd:dateTime with a time zone',
        rfc: 'C 2.3.5',
        rows: [66],
        level: 'must',
        last: true,
      },
      async (t) => {
        for (const answer of t.seen) {
          for (const resource of shownIn(answer)) {
            for (const name of ['created', 'lastModified']) {
              const value = read(resource, 'meta', name);
              const isDate = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(String(value));
              if (value !== undefined && !isDate) fail(`${answer.request} shows meta.${name} ${value}`);
            }
          }
        }
      },
    ),
    check(
      'value.binary',
      {
        rule: 'certificates are base64; anything else is refused',
        rfc: 'C 2.3.6',
        rows: [67],
        level: 'must',
      },
      async (t) => {
        const value = Buffer.from('a certificate would stand here').toString('base64');
        const user = await t.makeUser({ x509Certificates: [{ value }] });
        if (user['x509Certificates'] === undefined) skip('the server keeps no certificates');
        expectEqual(read(user, 'x509Certificates', 0, 'value'), value, 'the certificate read back');
        expectError(
          await t.post('/Users', t.draftUser({ x509Certificates: [{ value: 'no base64 at all!' }] })),
          400,
          'invalidValue',
        );
      },
    ),
    check(
      'value.reference',
      { rule: 'references lead to the resource', rfc: 'C 2.3.7', rows: [68, 80, 88], level: 'must' },
      async (t) => {
        const user = readText(await t.makeUser(), 'id');
        const group = await t.makeGroup({ members: [{ value: user }] });
        const shown = await t.fetch(`/Groups/${readText(group, 'id')}`);
        const ref = readText(shown, 'members', 0, '$ref');
        if (ref === '') skip('the server shows no $ref');
        const path = URL.canParse(ref) ? ref : `/${ref.replace(/^(\.\.\/|\/)+/, '')}`;
        expectEqual((await t.fetch(path))['id'], user, 'the id found at $ref');
      },
    ),
    check(
      'value.one-primary',
      { rule: 'at most one value of a list is primary', rfc: 'C 2.4', rows: [70], level: 'must' },
      async (t) => {
        const emails = ['a', 'b'].map((label) => ({ value: t.address(label), type: 'work', primary: true }));
        const answer = await t.post('/Users', t.draftUser({ emails }));
        if (answer.status >= 400) return expectError(answer, 400, 'invalidValue');
        const primaries = readList(answer.json, 'emails').filter((mail) => read(mail, 'primary') === true);
        expectThat(primaries.length <= 1, `${primaries.length} values are primary`);
      },
    ),
    check(
      'value.canonical',
      {
        rule: 'values are returned in canonical form: a mail domain in lower case',
        rfc: 'C 2.4',
        rows: [71],
        level: 'should',
      },
      async (t) => {
        const [local = '', domain = ''] = t.address('Mixed').split('@');
        const user = await t.makeUser({
          emails: [{ value: `${local}@${domain.toUpperCase()}`, type: 'work' }],
        });
        expectEqual(read(user, 'emails', 0, 'value'), `${local}@${domain.toLowerCase()}`, 'the address');
      },
    ),
    check(
      'value.no-twins',
      { rule: 'the same type and value is not returned twice', rfc: 'C 2.4', rows: [72], level: 'should' },
      async (t) => {
        const value = t.address('twin');
        const user = await t.makeUser({
          emails: [
            { value, type: 'work' },
            { value, type: 'work' },
          ],
        });
        expectEqual(readList(user, 'emails').length, 1, 'the number of e-mails');
      },
    ),
    check(
      'value.standard-parts',
      {
        rule: 'type, primary, display and value keep their meaning',
        rfc: 'C 2.4',
        rows: [73],
        level: 'must',
      },
      async (t) => {
        const mail = { value: t.address('parts'), type: 'home', primary: true, display: 'At home' };
        const [shown] = readList(await t.makeUser({ emails: [mail] }), 'emails');
        for (const name of ['value', 'type', 'primary'] as const)
          expectEqual(read(shown, name), mail[name], name);
        const display = read(shown, 'display');
        if (display !== undefined) expectEqual(display, mail.display, 'display');
      },
    ),
    check(
      'value.case-kept',
      { rule: 'strings come back in the case that was sent', rfc: 'C 7', rows: [74], level: 'should' },
      async (t) => {
        const userName = t.address('MiXeD');
        const user = await t.makeUser({ userName, displayName: 'aDa PARK', title: 'VP of X' });
        expectEqual(user['userName'], userName, 'userName');
        expectEqual([user['displayName'], user['title']], ['aDa PARK', 'VP of X'], 'displayName and title');
      },
    ),
    check(
      'value.wrong-types',
      { rule: 'values of another JSON type are refused', rfc: 'P 3.12', rows: [100, 64, 69], level: 'must' },
      async (t) => {
        const wrong: readonly Json[] = [
          { userName: { value: 'x' } },
          { displayName: 7 },
          { displayName: ['a', 'b'] },
          { name: 'Ada Park' },
          { emails: 17 },
          { active: { on: true } },
        ];
        for (const more of wrong) {
          const answer = await t.post('/Users', t.draftUser(more));
          expectError(
            { ...answer, request: `POST /Users with ${JSON.stringify(more)}` },
            400,
            'invalidValue',
            'invalidSyntax',
          );
        }
      },
    ),
  ],
};
