/** Puts a run together: the beginning copied, the books opened, the ports' other ends in place. */
import { createAdobeOrg } from '../../../local/adobe-org.ts';
import { createModel } from '../dynamo/model.ts';
import { copyTable, type Table } from '../dynamo/table.ts';
import { openAdobeBook } from '../oracle/adobe-book.ts';
import type { Books } from '../oracle/books.ts';
import { openHistory } from '../oracle/history.ts';
import { judgeLog } from '../oracle/logs.ts';
import { sameName } from '../oracle/rows.ts';
import { openTableBook, type TableBook } from '../oracle/table-book.ts';
import { faultsOf, type Profile } from '../profiles.ts';
import { MAPPINGS } from '../traffic/company.ts';
import type { Shape } from '../traffic/operations.ts';
import { type Crew, openCrew } from './crew.ts';
import { openEngineStore } from './engine.ts';
import { type FaultKind, openFaults } from './faults.ts';
import { isDue } from './rest.ts';
import { createScheduler, type Scheduler } from './scheduler.ts';
import { adobeBeginning, beginning, MODEL, STARTS_AT } from './setup.ts';
import { openTape } from './tape.ts';
import type { Store, Violation, World } from './world.ts';

export interface OpenOptions {
  readonly seed: number;
  readonly scheduleSeed: number;
  readonly profile: Profile;
  readonly shape: Shape;
  readonly without: ReadonlySet<FaultKind>;
  readonly spared: ReadonlySet<number>;
  readonly tracing: boolean;
  readonly engine: boolean;
}

export interface Opened {
  readonly world: World;
  readonly crew: Crew;
  readonly trace: readonly string[];
  close(): Promise<void>;
}

export async function openRun(options: OpenOptions): Promise<Opened> {
  const { seed, scheduleSeed, profile, shape } = options;
  const begun = await beginning(shape);
  const { state, credential } = adobeBeginning(shape.settlers);
  const scheduler = createScheduler(STARTS_AT);
  const schedule = openTape(scheduleSeed, 'schedule');
  const allowed = new Set([...faultsOf(profile)].filter((kind) => !options.without.has(kind)));
  const about = { allowed, spared: options.spared, step: scheduler.step };
  const faults = openFaults(schedule, openTape(scheduleSeed, 'swarm'), about);
  const violations: Violation[] = [];
  const violate = (rule: string, text: string): void =>
    void violations.push({ rule, text, step: scheduler.step() });
  const managed = managedNames();
  const late: { crew?: Crew; table?: Table } = {};
  const onWake = (): void => late.crew?.wake();
  const tableBook = openTableBook({ step: scheduler.step, now: scheduler.now, violate, onWake });
  const books = openBooks({
    scheduler,
    violate,
    managed,
    tableBook,
    table: () => late.table,
    isLoose: profile === 'full',
    most: shape.limit,
  });
  const indexDelayMs = (): number => (faults.strikes('indexLag') ? schedule.between([10, 5_000]) : 0);
  const table = copyTable(begun.table, { now: scheduler.now, indexDelayMs, onChange: tableBook.change });
  const engine = options.engine ? await openEngineStore(table, onWake) : undefined;
  if (engine === undefined) late.table = table;
  const trace: string[] = [];
  const world: World = {
    scheduler,
    schedule,
    ids: openTape(seed, 'ids'),
    faults,
    store: engine === undefined ? modelStore(table) : readAsMoment(engine, scheduler),
    org: createAdobeOrg({ now: scheduler.now, random: openTape(seed, 'adobe').random, state }),
    credential,
    tenants: begun.tenants,
    secrets: [credential.clientSecret, ...begun.tenants.map((one) => one.token)],
    books,
    managed,
    seals: shape.seals,
    says: shape.says,
    nights: profile === 'full',
    settlers: shape.settlers,
    committed: new WeakSet(),
    violations,
    violate,
    trace: options.tracing ? (line) => void trace.push(stamped(scheduler, line())) : () => undefined,
    log: (line) => judgeLog(world, line),
  };
  const crew = openCrew(world, shape.workers, () => engine !== undefined || isDue(table));
  late.crew = crew;
  return { world, crew, trace, close: async () => engine?.close() };
}

/** What takes real time happens inside a moment, so that the scheduler waits for it. */
function readAsMoment(store: Store, scheduler: Scheduler): Store {
  const table = (): Promise<Table> =>
    new Promise((resolve) => {
      scheduler.after(0, async () => resolve(await store.table()));
    });
  return { ...store, table };
}

function modelStore(table: Table): Store {
  const model = createModel(table.options, table);
  return { tableName: MODEL, perform: model.perform, table: async () => table };
}

function managedNames(): Set<string> {
  const grants = MAPPINGS.flatMap((rules) => rules.flatMap((rule) => rule.grants));
  return new Set(grants.map((grant) => sameName('profile' in grant ? grant.profile : grant.userGroup)));
}

interface BooksDeps {
  readonly scheduler: Scheduler;
  readonly violate: (rule: string, text: string) => void;
  readonly managed: ReadonlySet<string>;
  readonly tableBook: TableBook;
  readonly table: () => Table | undefined;
  readonly isLoose: boolean;
  readonly most: number | undefined;
}

function openBooks({ scheduler, violate, managed, tableBook, table, isLoose, most }: BooksDeps): Books {
  const knownEmails = new Set<string>();
  const { now } = scheduler;
  const { mappingChangedAt, permitChangedAt } = tableBook;
  // What an operator approved goes beyond it.
  const limit = (): number | undefined => (books.approvals > 0 ? undefined : most);
  const books: Books = {
    history: openHistory(),
    table: tableBook,
    adobe: openAdobeBook({
      now,
      violate,
      table,
      mappingChangedAt,
      permitChangedAt,
      isLoose,
      managed,
      knownEmails,
      limit,
    }),
    births: [],
    questions: [],
    met: new Map(),
    knownEmails,
    approvals: 0,
    mostCalls: 0,
  };
  return books;
}

const stamped = (scheduler: Scheduler, line: string): string =>
  `${scheduler.step()} ${new Date(scheduler.now()).toISOString().slice(5, 23)} ${line}`;
