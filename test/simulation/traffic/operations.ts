/**
 * What identity providers and operators do in a run, drawn before it begins from a tape of its own. Operations name people
 * and groups by chance numbers that are resolved when their turn comes, so a shorter list is a workload of its own.
 */
import type { Tape } from '../stage/tape.ts';

export type Dialect = 'entra' | 'entra-flag' | 'okta' | 'put';

/** Whom an operation means: a share of those who are known when its turn comes. */
export type Share = number;

export type Operation =
  | ({ readonly kind: 'create'; readonly active: boolean } & Naming)
  | { readonly kind: 'replace'; readonly user: Share; readonly active: boolean | undefined }
  | ({ readonly kind: 'rename'; readonly user: Share; readonly dialect: Dialect } & Naming)
  | { readonly kind: 'active'; readonly user: Share; readonly active: boolean; readonly dialect: Dialect }
  | { readonly kind: 'delete'; readonly user: Share }
  | {
      readonly kind: 'join' | 'leave' | 'members';
      readonly group: Share;
      readonly users: readonly Share[];
      readonly dialect: Dialect;
    }
  | { readonly kind: 'newGroup'; readonly name: number; readonly users: readonly Share[] }
  | { readonly kind: 'deleteGroup'; readonly group: Share }
  | { readonly kind: 'renameGroup'; readonly group: Share; readonly name: number; readonly dialect: Dialect }
  | { readonly kind: 'readUser' | 'readGroup' | 'listUsers' | 'listGroups'; readonly which: Share }
  | { readonly kind: 'findUser'; readonly name: number; readonly spelling: Spelling }
  | { readonly kind: 'foreign'; readonly user: Share }
  | { readonly kind: 'mapping'; readonly variant: number }
  | { readonly kind: 'mode'; readonly mode: 'report-only' | 'additive' | 'full' }
  | { readonly kind: 'pause' | 'resume'; readonly scope: 'connection' | 'org' | 'all' }
  | { readonly kind: 'approve' | 'reject' }
  | { readonly kind: 'look'; readonly at: 'status' | 'plan' | 'drift' | 'holds.list' };

/** A person's name, and whose address goes with it: mostly the same one's. */
export interface Naming {
  readonly name: number;
  readonly address: number;
  readonly spelling: Spelling;
}

/** How a name is written: letter case and Unicode forms do not make another person of it (T18). */
export type Spelling = 'plain' | 'upper' | 'wide';

export interface Planned {
  /** Position in the whole workload: what a shrinker leaves out. */
  readonly number: number;
  readonly client: number;
  /** After the operation before, whoever's it was, in milliseconds; a client that is busy comes later. */
  readonly gapMs: number;
  readonly operation: Operation;
}

export interface Shape {
  readonly tenants: number;
  readonly clients: number;
  readonly workers: number;
  readonly names: number;
  readonly groups: number;
  readonly graceSeconds: number;
  /** How many people may lose something in an hour; absent = as many as like. */
  readonly limit: number | undefined;
  /** People who were at Adobe before. */
  readonly settlers: boolean;
  /** The journal is sealed every minute, and verified at the end. */
  readonly seals: boolean;
  /** The log is kept at its usual level, and searched for what must not stand there. */
  readonly says: boolean;
  /** One more round is played at the end, which must send nothing. */
  readonly rests: boolean;
}

export interface Workload {
  readonly shape: Shape;
  readonly operations: readonly Planned[];
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export function drawWorkload(tape: Tape): Workload {
  const shape: Shape = {
    tenants: tape.weigh([
      [75, 1],
      [15, 2],
      [10, 3],
    ]),
    clients: tape.between([1, 6]),
    workers: tape.between([1, 4]),
    names: tape.weigh([
      [60, 4],
      [25, 6],
      [15, 8],
    ]),
    groups: tape.weigh([
      [70, 3],
      [30, 5],
    ]),
    graceSeconds: tape.chance(0.3) ? 300 : 0,
    limit: tape.chance(0.2) ? tape.between([0, 3]) : undefined,
    settlers: tape.chance(0.25),
    seals: tape.chance(0.06),
    says: tape.chance(0.25),
    rests: tape.chance(0.5),
  };
  // Short ones find most, long ones find the rest.
  const count = 20 + Math.floor(180 * tape.random() ** 14);
  const operations: Planned[] = [];
  for (let number = 0; number < count; number++) {
    const before = operations.at(-1);
    const { operation, gapMs } = drawNext(tape, shape, { number, before: before?.operation });
    operations.push({ number, client: tape.below(shape.clients), gapMs, operation });
  }
  return { shape, operations };
}

/** What is likely only where many work at once: somebody else says the same at that moment, or the contrary soon after. */
function drawNext(
  tape: Tape,
  shape: Shape,
  { number, before }: { number: number; before: Operation | undefined },
): { operation: Operation; gapMs: number } {
  const relation = tape.weigh([
    [76, 'none'],
    [12, 'echo'],
    [12, 'reverse'],
  ] as const);
  if (before !== undefined && relation === 'echo') return { operation: before, gapMs: tape.between([0, 30]) };
  const contrary = before === undefined ? undefined : reversed(before);
  if (contrary !== undefined && relation === 'reverse')
    return { operation: contrary, gapMs: tape.between([0, 6 * SECOND]) };
  return { operation: drawAt(tape, shape, number), gapMs: drawGap(tape) };
}

function reversed(operation: Operation): Operation | undefined {
  switch (operation.kind) {
    case 'join':
      return { ...operation, kind: 'leave' };
    case 'leave':
      return { ...operation, kind: 'join' };
    case 'active':
      return { ...operation, active: !operation.active };
    default:
      return undefined;
  }
}

/** The first few make somebody to work with. */
function drawAt(tape: Tape, shape: Shape, number: number): Operation {
  if (number < 3) return drawCreate(tape, shape);
  return number < 5 ? drawNewGroup(tape, shape) : draw(tape, shape);
}

function drawGap(tape: Tape): number {
  const [low, high] = tape.weigh<readonly [number, number]>([
    [45, [0, 60]],
    [26, [100, 4 * SECOND]],
    [24, [4 * SECOND, MINUTE]],
    [4, [MINUTE, 2 * HOUR]],
    [0.7, [2 * HOUR, 2 * DAY]],
    [0.3, [31 * DAY, 40 * DAY]],
  ]);
  return tape.between([low, high]);
}

const spelling = (tape: Tape): Spelling =>
  tape.weigh([
    [80, 'plain'],
    [12, 'upper'],
    [8, 'wide'],
  ]);
const dialect = (tape: Tape): Dialect => tape.pick(['entra', 'entra-flag', 'okta', 'put']);
const picks = (tape: Tape, most: number): number[] =>
  Array.from({ length: tape.between([1, most]) }, () => tape.random());

function drawNaming(tape: Tape, { names }: Shape): Naming {
  const name = tape.below(names);
  const other = tape.below(names);
  return { name, address: tape.chance(0.12) ? other : name, spelling: spelling(tape) };
}

const drawCreate = (tape: Tape, shape: Shape): Operation => ({
  kind: 'create',
  ...drawNaming(tape, shape),
  active: tape.chance(0.95),
});
const drawNewGroup = (tape: Tape, { groups }: Shape): Operation => ({
  kind: 'newGroup',
  name: tape.below(groups),
  users: tape.chance(0.5) ? picks(tape, 3) : [],
});

/** The weights of threats-and-faults section 6. */
function draw(tape: Tape, shape: Shape): Operation {
  const make = tape.weigh<() => Operation>([
    [20, () => drawCreate(tape, shape)],
    [
      5,
      () => ({
        kind: 'replace',
        user: tape.random(),
        active: tape.chance(0.3) ? tape.chance(0.5) : undefined,
      }),
    ],
    [5, () => drawRename(tape, shape)],
    [12, () => ({ kind: 'active', user: tape.random(), active: tape.chance(0.5), dialect: dialect(tape) })],
    [10, () => ({ kind: 'delete', user: tape.random() })],
    [20, () => ({ kind: 'join', group: tape.random(), users: picks(tape, 3), dialect: dialect(tape) })],
    [12, () => ({ kind: 'leave', group: tape.random(), users: picks(tape, 2), dialect: dialect(tape) })],
    [4, () => ({ kind: 'members', group: tape.random(), users: picks(tape, 4), dialect: dialect(tape) })],
    [4, () => drawNewGroup(tape, shape)],
    [1, () => ({ kind: 'deleteGroup', group: tape.random() })],
    [
      1,
      () => ({
        kind: 'renameGroup',
        group: tape.random(),
        name: tape.below(shape.groups),
        dialect: dialect(tape),
      }),
    ],
    [4, () => drawRead(tape, shape)],
    [0.5, () => ({ kind: 'foreign', user: tape.random() })],
    [2, () => drawOperator(tape)],
  ]);
  return make();
}

const drawRename = (tape: Tape, shape: Shape): Operation => ({
  kind: 'rename',
  user: tape.random(),
  ...drawNaming(tape, shape),
  dialect: dialect(tape),
});

function drawRead(tape: Tape, { names }: Shape): Operation {
  const kind = tape.pick(['readUser', 'readGroup', 'listUsers', 'listGroups', 'findUser'] as const);
  if (kind === 'findUser') return { kind, name: tape.below(names), spelling: spelling(tape) };
  return { kind, which: tape.random() };
}

function drawOperator(tape: Tape): Operation {
  const scope = tape.pick(['connection', 'org', 'all'] as const);
  return tape.weigh<Operation>([
    [30, { kind: 'mapping', variant: tape.below(4) }],
    [20, { kind: 'mode', mode: tape.pick(['report-only', 'additive', 'full', 'full']) }],
    [8, { kind: 'pause', scope }],
    [12, { kind: 'resume', scope }],
    [12, { kind: 'approve' }],
    [4, { kind: 'reject' }],
    [14, { kind: 'look', at: tape.pick(['status', 'plan', 'drift', 'holds.list']) }],
  ]);
}
