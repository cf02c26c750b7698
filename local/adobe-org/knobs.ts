/**
 * Every choice that Adobe does not document, or documents in two ways, as a switch with a default.
 * `docs/simulator-differences.md` says for each why the default is what it is; keep the two in step.
 */
import * as z from 'zod';

const Range = z.tuple([z.number().min(0), z.number().min(0)]);
const Chance = z.number().min(0).max(1);

const LimitsPerMinute = z.strictObject({
  action: z.number().int().default(10),
  users: z.number().int().default(25),
  groupUsers: z.number().int().default(25),
  user: z.number().int().default(25),
  groups: z.number().int().default(5),
});

/** Chances per call; all 0, because a first `npm start` must not show random errors. */
const RandomFaults = z.strictObject({
  status500: Chance.default(0),
  status502: Chance.default(0),
  status504: Chance.default(0),
  /** Nothing applied, connection reset. */
  reset: Chance.default(0),
  /** Applied, then connection reset. */
  lostAnswer: Chance.default(0),
  /** Applied, then a 200 without body. */
  emptyAnswer: Chance.default(0),
  html: Chance.default(0),
  slow: Chance.default(0),
  /** Applied `lateEffectMs` after the 504. */
  lateEffect: Chance.default(0),
  /** Per command. */
  backendThrottle: Chance.default(0),
});

const ThrottleKnobs = z.object({
  throttle: z.boolean().default(true),
  limitsPerMinute: LimitsPerMinute.prefault({}),
  globalLimitPerMinute: z.number().int().default(100),
  throttleWindow: z.enum(['sliding', 'fixed']).default('sliding'),
  retryAfterForm: z.enum(['seconds', 'date', 'absent']).default('seconds'),
  throttleStatus: z.union([z.literal(429), z.literal(503)]).default(429),
  frequencyThrottle: z.boolean().default(true),
  frequencyWindowSeconds: z.number().default(7200),
  frequencyRetryAfterSeconds: Range.default([1800, 4500]),
  frequencyBlocksAllCalls: z.boolean().default(true),
  testOnlyCounts: z.boolean().default(true),
  /** Tokens per client and minute; 0 means unlimited. */
  mintLimitPerMinute: z.number().int().default(0),
  imsErrorStatus: z.union([z.literal(400), z.literal(401)]).default(400),
});

const ActionKnobs = z.object({
  tooManyCommandsCode: z.string().default('error.command.malformed'),
  maxBodyBytes: z.number().int().default(1_048_576),
  bodyTooLargeStatus: z.union([z.literal(413), z.literal(400)]).default(413),
  shuffleCommands: z.boolean().default(true),
  stepsAfterFailure: z.enum(['run', 'skip']).default('run'),
  listWithUnknownGroup: z.enum(['apply known', 'apply none']).default('apply known'),
  twinCreate: z.enum(['lands on the Adobe ID', 'creates beside']).default('lands on the Adobe ID'),
  duplicateNamePick: z.enum(['random', 'first']).default('random'),
  reservedGroupCode: z.string().default('error.group.not_found'),
  usergroupMixedUsers: z.enum(['partial', 'error']).default('partial'),
  usergroupUnchanged: z.enum(['success', 'error']).default('success'),
  maxGroupMembers: z.number().int().default(200_000),
  emailMovesUsername: z.boolean().default(false),
  reattachAppliesNames: z.boolean().default(false),
  businessStorage: z.boolean().default(false),
  gmailPolicy: z.boolean().default(true),
  refusedCountries: z.array(z.string()).default(['CU', 'IR', 'KP', 'SY']),
  unclaimedDomainCode: z.string().default('error.domain.trust.nonexistent'),
});

const ReadKnobs = z.object({
  usersPageSize: z.number().int().min(1).default(2000),
  groupsPageSize: z.number().int().min(1).default(400),
  beyondEnd: z.enum(['repeat last', 'not found result', '404']).default('repeat last'),
  shuffleReads: z.boolean().default(true),
  /** How many rows of the page before are shown again at the head of a page. */
  pageOverlap: z.number().int().min(0).default(0),
  truncateNamesAtDot: z.boolean().default(true),
});

const TimeKnobs = z.object({
  latencyMs: Range.default([0, 0]),
  replicationDelayMs: Range.default([0, 0]),
  slowMs: z.number().default(60_000),
  lateEffectMs: z.number().default(30_000),
  randomFaults: RandomFaults.prefault({}),
});

export const Knobs = z.strictObject({
  ...ThrottleKnobs.shape,
  ...ActionKnobs.shape,
  ...ReadKnobs.shape,
  ...TimeKnobs.shape,
});
export type Knobs = z.infer<typeof Knobs>;

/** What a caller may say: some knobs, and inside the two nested ones some entries. */
export type KnobSettings = z.input<typeof Knobs>;

const Nested = z.looseObject({
  limitsPerMinute: z.record(z.string(), z.unknown()).default({}),
  randomFaults: z.record(z.string(), z.unknown()).default({}),
});

/** Lays `settings` over `knobs`. @throws z.ZodError for an unknown knob or an illegal value */
export function turnKnobs(knobs: Knobs, settings: KnobSettings | Readonly<Record<string, unknown>>): Knobs {
  const { limitsPerMinute, randomFaults, ...others } = Nested.parse(settings);
  return Knobs.parse({
    ...knobs,
    ...others,
    limitsPerMinute: { ...knobs.limitsPerMinute, ...limitsPerMinute },
    randomFaults: { ...knobs.randomFaults, ...randomFaults },
  });
}
