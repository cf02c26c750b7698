/** Planted bugs of the directory: what DynamoDB may do, and what clients do at the same time (F01-F15, F50-F57). */
import type { Plant } from './plant.ts';

const one = (file: string, text: string, becomes: string) => [{ file: `directory/${file}`, text, becomes }];

export const directoryPlants: readonly Plant[] = [
  {
    name: 'throttling-is-an-error',
    rows: 'F01',
    says: 'throttling by the table is not waited out',
    changes: one(
      'dynamo-store.ts',
      "  'ProvisionedThroughputExceededException',\n  'RequestLimitExceeded',\n  'ServiceUnavailable',",
      "  'ServiceUnavailable',",
    ),
  },
  {
    name: 'any-failure-is-a-duplicate',
    rows: 'F02',
    says: 'every cancelled user transaction is answered as a duplicate name',
    changes: one(
      'dynamo-users.ts',
      "if (guard === undefined || guard['userId'] === userId) throw error;",
      '',
    ),
  },
  {
    name: 'conflict-is-final',
    rows: 'F03',
    says: 'a transaction that met another one is reported as a failed condition of its first action',
    changes: one(
      'dynamo-store.ts',
      "RETRYABLE_REASONS.has(reason.Code ?? ''))) return new Conflict();",
      "RETRYABLE_REASONS.has(reason.Code ?? ''))) return new ConditionFailed([0]);",
    ),
  },
  {
    name: 'no-version-condition',
    rows: 'F04 I01',
    says: 'a user is written whatever version it has by now',
    changes: [
      {
        file: 'directory/dynamo-users.ts',
        text: "    expression: 'SET #resource = :resource, #version = :next, lastModified = :now',\n    condition: '#version = :version',",
        becomes:
          "    expression: 'SET #resource = :resource, #version = :next, lastModified = :now',\n    condition: '#version = :version OR attribute_exists(pk)',",
      },
      {
        file: 'directory/dynamo-accounts.ts',
        text: "DELETE groups :suspend' : ''}`,\n    condition: 'wantedRev = :wantedRev AND ledgerRev = :ledgerRev',",
        becomes:
          "DELETE groups :suspend' : ''}`,\n    condition: '(wantedRev = :wantedRev AND ledgerRev = :ledgerRev) OR attribute_exists(pk)',",
      },
    ],
  },
  {
    name: 'no-client-token',
    rows: 'F05',
    says: 'a transaction whose answer was lost is sent again as a new one',
    changes: one('dynamo-store.ts', 'ClientRequestToken: deps.newId(),', ''),
  },
  {
    name: 'unread-keys-dropped',
    rows: 'F06',
    says: 'keys that a batch left unread are taken for absent',
    changes: one(
      'dynamo-store.ts',
      'wanted = answer.UnprocessedKeys?.[deps.table]?.Keys ?? [];',
      'wanted = [];',
    ),
  },
  {
    name: 'first-page-is-all',
    rows: 'F07 I11',
    says: 'a query ends with its first page',
    changes: one('dynamo-store.ts', 'start = answer.LastEvaluatedKey;', 'start = undefined;'),
  },
  {
    name: 'check-then-put',
    rows: 'F51 I03',
    says: 'the name of a new user is looked up and then taken without a condition',
    changes: one(
      'dynamo-users.ts',
      '        item: withVersion({ userId: id }),\n        condition: absent,',
      '        item: withVersion({ userId: id }),\n        ...((await ctx.store.get(userNameKey(c, resource.userName))) === undefined ? {} : { condition: absent }),',
    ),
  },
  {
    name: 'group-read-modify-write',
    rows: 'F50 I02 T41',
    says: 'a change of members writes the whole list that was read before',
    changes: one(
      'dynamo-members.ts',
      "  if (edit.kind === 'delta') return planDelta(ctx, at, edit);",
      "  if (edit.kind === 'delta') {\n    const { items: read } = await ctx.store.query({ pk: membersPk(at.connection, at.group) });\n    await ctx.store.get(groupKey(at.connection, at.group));\n    const kept = read.map((item) => String(item['sk'])).filter((id) => !edit.remove.includes(id));\n    return planMembers(ctx, at, { kind: 'replace', members: [...kept, ...edit.add] });\n  }",
    ),
  },
  {
    name: 'membership-without-account',
    rows: 'F14 I13',
    says: 'the membership is committed first and the account marked afterwards',
    changes: one(
      'dynamo-members.ts',
      '    await ctx.store.transactOnce(writes);\n    progress.versions += 1;',
      "    await ctx.store.transactOnce(writes.filter((write) => !write.key.pk.includes('#A#')));\n    progress.versions += 1;\n    for (const write of writes.filter((one) => one.key.pk.includes('#A#'))) await ctx.store.transact([write]);",
    ),
  },
  {
    name: 'member-join-unmarked',
    rows: 'F14 F29 I07',
    says: 'a change of membership does not put the account into the work index',
    changes: [
      {
        file: 'directory/dynamo-members.ts',
        text: `expression: \`SET \${mark.set}, attempts = :zero \${moves}\`,`,
        becomes: `expression: \`SET touchedAt = :now, #status = :pending, attempts = :zero \${moves}\`,`,
      },
      {
        file: 'directory/dynamo-members.ts',
        text: "values: { ...mark.values, ':group': idSet([at.group]), ':user': change.user, ':zero': 0 },",
        becomes:
          "values: { ':now': ctx.now(), ':pending': 'pending', ':one': 1, ':group': idSet([at.group]), ':user': change.user, ':zero': 0 },",
      },
    ],
  },
  {
    name: 'deleted-user-keeps-memberships',
    rows: 'I04 R7',
    says: 'a delete leaves no sweep behind, so a crash leaves its memberships for good',
    changes: one(
      'dynamo-users.ts',
      '      ...(groups.length === 0\n        ? []',
      '      ...(groups.length >= 0\n        ? []',
    ),
  },
  {
    name: 'deleted-group-marks-nobody',
    rows: 'R12 I06',
    says: 'a deleted group loses its members, and their accounts are not told',
    changes: one(
      'dynamo-group-sweep.ts',
      'await ctx.store.transact(leaving.flatMap((change) => pairWrites(ctx, at, change)));',
      "for (const change of leaving) await ctx.store.transact(pairWrites(ctx, at, change).map((write) => (write.kind === 'update' ? { ...write, expression: 'DELETE groups :group', condition: '#owner.userId = :user', names: { '#owner': 'owner' }, values: { ':group': write.values?.[':group'], ':user': write.values?.[':user'] } } : write)));",
    ),
  },
  {
    name: 'mapping-marks-nobody',
    rows: 'R13 R14',
    says: 'a new mapping comes into force and nobody is looked at again',
    changes: one(
      'dynamo-sweeps.ts',
      '      return markSweep(ctx, connection, { item, key, until });',
      '      await ctx.store.remove(key);\n      return true;',
    ),
  },
  {
    name: 'claim-moves-alone',
    rows: 'R3 I03',
    says: 'a contested identity is taken without looking whether its claimant still needs it',
    changes: one('dynamo-claims.ts', '  if (!idle || !account.wanted.active) return undefined;', ''),
  },
  {
    name: 'claim-never-freed',
    rows: 'R3 R7',
    says: 'the claim of a deleted user stays where it was',
    changes: one(
      'dynamo-accounts.ts',
      '      ? identities.release(claim.email, claim.type, account.id)\n      : identities.of(claim.email).waiters[0];',
      '      ? identities.of(claim.email).waiters[0]\n      : identities.of(claim.email).waiters[0];',
    ),
  },
  {
    name: 'waiters-never-woken',
    rows: 'R4',
    says: 'nobody is marked when the identity that he waits for is freed',
    changes: one(
      'dynamo-identities.ts',
      '      return waiters.find((id) => id !== account);',
      '      return waiters.find(() => false);',
    ),
    hidden: 'whoever waits asks again every 15 minutes (R4): late, not wrong',
  },
  {
    name: 'names-compared-as-written',
    rows: 'T18 I03',
    says: 'letter case tells user names apart',
    changes: one(
      'normal.ts',
      'if (isPlainAscii(text)) return text.toLowerCase();',
      'if (isPlainAscii(text)) return text;',
    ),
  },
  {
    name: 'token-of-any-connection',
    rows: 'T24 I05',
    says: 'the token is checked and its connection thrown away',
    changes: one(
      'dynamo-tokens.ts',
      'const { id: tokenId, connection, label } = token;',
      "const { id: tokenId, label } = token;\n  const connection = 'okta' as ConnectionId;",
    ),
  },
  {
    name: 'group-bound-by-rename',
    rows: 'T27 R11',
    says: 'renaming a group onto a mapped name makes the rule follow it',
    changes: one(
      'dynamo-groups.ts',
      '    // A rename never binds: renaming a group onto a mapped name must not grant anything (T27).\n',
      "    if (guard.ruleId !== undefined) writes.push({ kind: 'put', key: { pk: c, sk: 'BIND#' + guard.ruleId }, item: { rule: guard.ruleId, groupId: group.id, state: 'bound', at: ctx.now(), v: 1 } });\n",
    ),
  },
];
