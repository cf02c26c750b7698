/** Entity tags (checklist rows 107, 230-234). */
import { check, type Section } from '../check.ts';
import { expectEqual, expectError, expectStatus, expectThat, skip } from '../expect.ts';
import { isJson, read, readText } from '../json.ts';
import type { Session } from '../session.ts';
import { groupOf } from './groups.ts';

const STALE = { 'if-match': 'W/"never-given"' };

async function both(t: Session): Promise<readonly string[]> {
  return [`/Users/${readText(await t.makeUser(), 'id')}`, `/Groups/${readText(await t.makeGroup(), 'id')}`];
}

async function tagOf(t: Session, path: string): Promise<string> {
  const answer = await t.get(path);
  expectStatus(answer, 200);
  const tag = answer.headers['etag'] ?? '';
  expectThat(tag !== '', `${answer.request} answered without ETag`);
  return tag;
}

export const versions: Section = {
  title: 'Entity tags and concurrency',
  checks: [
    check(
      'etag.announced',
      { rule: 'ETag is sent exactly where etag is announced', rfc: 'P 3.14', rows: [230, 31], level: 'must' },
      async (t) => {
        const answer = await t.get(`/Users/${readText(await t.makeUser(), 'id')}`);
        const announced = read(t.config, 'etag', 'supported') === true;
        if (announced) expectThat(answer.headers['etag'] !== undefined, 'etag is announced and not sent');
        else
          expectThat(
            read(answer.json, 'meta', 'version') === undefined,
            'versions are shown and etag is not announced',
          );
      },
    ),
    check(
      'etag.header',
      {
        rule: 'answers with a resource carry ETag, equal to meta.version',
        rfc: 'P 3.14',
        rows: [231, 107],
        level: 'must',
        needs: 'etag',
      },
      async (t) => {
        for (const answer of [
          await t.post('/Users', t.draftUser()),
          await t.post('/Groups', t.draftGroup()),
        ]) {
          const path = `${answer.path}/${readText(answer.json, 'id')}`;
          const read1 = await t.get(path);
          for (const seen of [answer, read1, await t.put(path, read1.json)]) {
            const tag = seen.headers['etag'];
            expectThat(tag !== undefined, `${seen.request} answered without ETag`);
            const version = read(seen.json, 'meta', 'version');
            if (version !== undefined) expectEqual(version, tag, 'meta.version');
          }
        }
      },
    ),
    check(
      'etag.if-match-stale',
      {
        rule: 'If-Match that does not match is 412 on PUT, PATCH and DELETE',
        rfc: 'P 3.14 / RFC 9110 13.1.1',
        rows: [232, 238],
        level: 'must',
        needs: 'etag',
      },
      async (t) => {
        for (const path of await both(t)) {
          const before = await t.fetch(path);
          expectError(await t.put(path, before, STALE), 412);
          expectError(
            await t.patch(path, [{ op: 'replace', path: 'displayName', value: t.unique('x') }], STALE),
            412,
          );
          expectError(await t.remove(path, STALE), 412);
          expectEqual(await t.fetch(path), before, 'the resource after the refusals');
        }
      },
    ),
    check(
      'etag.if-match-current',
      {
        rule: 'If-Match with the current tag lets the change through',
        rfc: 'P 3.14',
        rows: [232],
        level: 'must',
        needs: 'etag',
      },
      async (t) => {
        for (const path of await both(t)) {
          const first = await tagOf(t, path);
          const rename = [{ op: 'replace', path: 'displayName', value: t.unique('renamed') }];
          expectStatus(await t.patch(path, rename, { 'if-match': first }), 200, 204);
          expectError(
            await t.patch(path, [{ op: 'replace', path: 'displayName', value: t.unique('late') }], {
              'if-match': first,
            }),
            412,
          );
          expectStatus(await t.remove(path, { 'if-match': await tagOf(t, path) }), 204);
        }
      },
    ),
    check(
      'etag.if-match-any',
      {
        rule: 'If-Match: * matches any resource that exists',
        rfc: 'RFC 9110 13.1.1',
        rows: [232],
        level: 'must',
        needs: 'etag',
      },
      async (t) => {
        for (const path of await both(t)) {
          expectStatus(
            await t.patch(path, [{ op: 'replace', path: 'displayName', value: t.unique('any') }], {
              'if-match': '*',
            }),
            200,
            204,
          );
        }
        expectStatus(
          await t.put('/Users/11111111-2222-4333-8444-555555555555', t.draftUser(), { 'if-match': '*' }),
          404,
          412,
        );
      },
    ),
    check(
      'etag.if-match-list',
      {
        rule: 'If-Match may name several tags',
        rfc: 'RFC 9110 13.1.1',
        rows: [232],
        level: 'must',
        needs: 'etag',
      },
      async (t) => {
        for (const path of await both(t)) {
          const header = `W/"never-given", ${await tagOf(t, path)}`;
          expectStatus(
            await t.patch(path, [{ op: 'replace', path: 'displayName', value: t.unique('listed') }], {
              'if-match': header,
            }),
            200,
            204,
          );
        }
      },
    ),
    check(
      'etag.if-match-membership',
      {
        rule: 'a tag from before the groups shown have changed is 412',
        rfc: 'P 3.14 / C 3.1',
        rows: [232, 234],
        level: 'must',
        needs: 'etag',
      },
      async (t) => {
        const { id, members } = await groupOf(t, 1);
        const path = `/Users/${members[0]}`;
        const before = await tagOf(t, path);
        if ((await t.fetch(path))['groups'] === undefined) skip('the server shows no groups');
        expectStatus(await t.patch(`/Groups/${id}`, [{ op: 'remove', path: 'members' }]), 200, 204);
        const rename = [{ op: 'replace', path: 'displayName', value: t.unique('stale') }];
        expectError(await t.patch(path, rename, { 'if-match': before }), 412);
        expectStatus(await t.patch(path, rename, { 'if-match': await tagOf(t, path) }), 200, 204);
      },
    ),
    check(
      'etag.if-none-match',
      {
        rule: 'If-None-Match with the current tag gives 304 without a body',
        rfc: 'P 3.14',
        rows: [233, 107],
        level: 'should',
        needs: 'etag',
      },
      async (t) => {
        for (const path of await both(t)) {
          const answer = await t.get(path, { 'if-none-match': await tagOf(t, path) });
          expectStatus(answer, 304);
          expectEqual(answer.text, '', 'the body of 304');
          expectStatus(await t.get(path, { 'if-none-match': 'W/"never-given"' }), 200);
        }
      },
    ),
    check(
      'etag.changes',
      {
        rule: 'the version changes with the representation',
        rfc: 'C 3.1',
        rows: [234],
        level: 'must',
        needs: 'etag',
      },
      async (t) => {
        for (const path of await both(t)) {
          const before = await tagOf(t, path);
          expectStatus(
            await t.patch(path, [{ op: 'replace', path: 'displayName', value: t.unique('changed') }]),
            200,
            204,
          );
          expectThat((await tagOf(t, path)) !== before, 'the tag stayed after a change');
        }
      },
    ),
    check(
      'etag.stays',
      {
        rule: 'the version stays while nothing changes',
        rfc: 'C 3.1',
        rows: [234, 198],
        level: 'must',
        needs: 'etag',
      },
      async (t) => {
        for (const path of await both(t)) {
          const before = await tagOf(t, path);
          expectEqual(await tagOf(t, path), before, 'the tag of a second GET');
          const { displayName } = await t.fetch(path);
          expectStatus(
            await t.patch(path, [{ op: 'replace', path: 'displayName', value: displayName }]),
            200,
            204,
          );
          expectEqual(await tagOf(t, path), before, 'the tag after a PATCH without change');
        }
      },
    ),
    check(
      'etag.membership',
      {
        rule: 'the version of a user changes when the groups shown change',
        rfc: 'C 3.1',
        rows: [234, 93],
        level: 'must',
        needs: 'etag',
      },
      async (t) => {
        const user = readText(await t.makeUser(), 'id');
        const before = await tagOf(t, `/Users/${user}`);
        const group = await t.makeGroup({ members: [{ value: user }] });
        if ((await t.fetch(`/Users/${user}`))['groups'] === undefined) skip('the server shows no groups');
        expectThat((await tagOf(t, `/Users/${user}`)) !== before, 'the tag stayed after joining a group');
        const grouped = await tagOf(t, `/Groups/${group['id']}`);
        expectStatus(await t.patch(`/Groups/${group['id']}`, [{ op: 'remove', path: 'members' }]), 200, 204);
        expectThat((await tagOf(t, `/Groups/${group['id']}`)) !== grouped, 'the tag of the group stayed');
      },
    ),
    check(
      'etag.read-then-write',
      {
        rule: 'the tag of a GET guards the PUT that follows',
        rfc: 'P 3.14',
        rows: [232, 235],
        level: 'must',
        needs: 'etag',
      },
      async (t) => {
        const { members } = await groupOf(t, 1);
        const path = `/Users/${members[0]}`;
        const answer = await t.get(path);
        const user = isJson(answer.json) ? answer.json : {};
        const guarded = { 'if-match': answer.headers['etag'] ?? '' };
        expectStatus(await t.put(path, { ...user, title: 'First' }, guarded), 200);
        expectError(await t.put(path, { ...user, title: 'Second' }, guarded), 412);
        expectEqual((await t.fetch(path))['title'], 'First', 'title');
      },
    ),
  ],
};
