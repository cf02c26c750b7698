/** Random people and actions for the properties of `pack` and `answers`. Names and addresses are few, so they collide. */
import fc from 'fast-check';
import type { AccountActions, Action, AdobeIdentity, PackedCommand } from '../../lambdas/adobe/adobe.ts';

const address = fc
  .tuple(
    fc.constantFrom('ada', 'Ada', 'ben', 'cy', 'dee', 'eli', 'fay', 'gus'),
    fc.integer({ min: 0, max: 3 }),
  )
  .map(([name, number]) => `${name}${number}@example.com`);

export const identity: fc.Arbitrary<AdobeIdentity> = fc.oneof(
  fc
    .tuple(address, fc.constantFrom('federatedID', 'enterpriseID', 'adobeID', 'businessID'))
    .map(([email, type]): AdobeIdentity => ({ email, username: email, type })),
  fc
    .tuple(address, address)
    .map(([email, username]): AdobeIdentity => ({ email, username, type: 'federatedID' })),
  address.map(
    (email): AdobeIdentity => ({
      email,
      username: email.slice(0, email.indexOf('@')),
      type: 'federatedID',
      domain: 'login.example.com',
    }),
  ),
);

const name = fc
  .integer({ min: 0, max: 130 })
  .map((number) => (number % 2 ? `Profile ${number}` : `PROFILE ${number}`));

export function actionsOf(who: AdobeIdentity): fc.Arbitrary<Action[]> {
  const grant = name.map((one): Action => ({ kind: 'grant', identity: who, name: one }));
  const revoke = name.map((one): Action => ({ kind: 'revoke', identity: who, name: one }));
  const update = fc.string().map((one): Action => ({ kind: 'updateUser', identity: who, firstname: one }));
  const create = fc.constant<Action>({ kind: 'createUser', identity: who, firstname: 'A', lastname: 'B' });
  const rename = identity.map(
    (to): Action => ({ kind: 'renameUser', identity: who, to: { ...to, type: who.type } }),
  );
  const some = fc.oneof({ weight: 8, arbitrary: grant }, { weight: 8, arbitrary: revoke }, update);
  return fc
    .tuple(fc.option(create), fc.option(rename, { freq: 5 }), fc.array(some, { maxLength: 130 }))
    .map(([first, renamed, rest]) => [...(first ? [first] : []), ...rest, ...(renamed ? [renamed] : [])]);
}

export const work: fc.Arbitrary<AccountActions[]> = fc.array(
  fc
    .tuple(fc.integer({ min: 0, max: 20 }), identity.chain(actionsOf))
    .map(([number, actions]) => ({ accountId: `account-${number}`, actions })),
  { maxLength: 16 },
);

/** The steps of a command as sent. */
export function sentSteps({ command }: PackedCommand): Record<string, Record<string, unknown>>[] {
  // `command.do` is the wire array that the packer made; its shape is what the tests are about.
  return command.do as Record<string, Record<string, unknown>>[];
}

/** Answers tried per property; F40 asks for 100,000 once: `FUZZ=100000 npx vitest run test/adobe`. */
export const FUZZ = Number(process.env.FUZZ ?? 500);

const place = fc.oneof(fc.integer({ min: -1, max: 12 }), fc.constantFrom('0', '1', 'x', null, undefined));
/** One entry of `errors`, as it may come. */
export const problem = fc.record(
  {
    index: place,
    step: place,
    errorCode: fc.constantFrom('error.group.not_found', 'error.user.not_found', '', null),
    message: fc.option(fc.string()),
  },
  { requiredKeys: [] },
);
/** Any text as the body of an answer (F40). */
export const answerBody = fc.oneof(
  fc.json(),
  fc.string(),
  fc.uint8Array().map((bytes) => new TextDecoder().decode(bytes)),
  fc
    .record(
      {
        result: fc.constantFrom('success', 'partial', 'error', 'x'),
        completed: place,
        notCompleted: place,
        errors: fc.array(fc.oneof(problem, fc.anything())),
        warnings: fc.anything(),
      },
      { requiredKeys: ['result'] },
    )
    .map((value) =>
      JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner)),
    ),
);
