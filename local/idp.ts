/**
 * `npm run idp -- okta|entra`: plays a day of an identity provider against the running bridge, one line per step.
 * It judges the bridge's SCIM answers only; what Adobe shows in the end is for `npm run bridge -- who` and the tests.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { seededRandom } from './adobe-org/random.ts';
import { planDay, renamedGroup, type Step } from './idp/day.ts';
import { AnswerLost, type DialectName, type Person, UnexpectedAnswer } from './idp/dialect.ts';
import { createDialect } from './idp/dialects.ts';
import { playDay } from './idp/play.ts';
import { findBridge, httpSend, observed } from './idp/send.ts';

const USAGE = `Usage: npm run idp -- okta|entra [--people N] [--data DIR] [--wizard] [--flag] [--seed N]

Plays a day of an identity provider against the running bridge: people join, move, marry, leave and return.
  --people N   how many people the day begins with (25)
  --data DIR   the data folder of the running bridge (.bridge)
  --wizard     Okta as an app of its App Integration Wizard: PUT for everything
  --flag       Entra with aadOptscim062020 on the tenant URL
  --seed N     the same day with the same addresses, on a fresh bridge (default: new people every time)`;

interface Choice {
  readonly dialect: DialectName;
  readonly people: number;
  readonly dataDir: string;
  readonly seed: number;
}

/** Reads the command line; answers a sentence for the person if it makes no sense. */
export function parseChoice(args: readonly string[], newSeed: number): Choice | string {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(args);
  } catch (error) {
    return error instanceof Error ? error.message : USAGE;
  }
  const { values, positionals } = parsed;
  const [provider, ...rest] = positionals;
  if (values.help || (provider !== 'okta' && provider !== 'entra') || rest.length > 0) return USAGE;
  if (values.wizard && provider !== 'okta')
    return '--wizard is a kind of Okta app: npm run idp -- okta --wizard';
  if (values.flag && provider !== 'entra') return '--flag belongs to Entra: npm run idp -- entra --flag';
  const people = Number(values.people);
  const seed = Number(values.seed ?? newSeed);
  if (!Number.isInteger(people) || people < 1) return '--people takes a whole number from 1';
  if (!Number.isInteger(seed) || seed < 0) return '--seed takes a whole number from 0';
  const okta = values.wizard ? 'okta-wizard' : 'okta-catalog';
  const entra = values.flag ? 'entra-flag' : 'entra';
  return { dialect: provider === 'okta' ? okta : entra, people, dataDir: values.data, seed };
}

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      people: { type: 'string', default: '25' },
      data: { type: 'string', default: '.bridge' },
      wizard: { type: 'boolean', default: false },
      flag: { type: 'boolean', default: false },
      seed: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
}

const nameOf = (person: Person) => `${person.givenName} ${person.familyName} <${person.userName}>`;

/** One step in words; people and groups by the names they have at that moment. */
export function createNarrator(): (step: Step) => string {
  const people = new Map<string, Person>();
  const groups = new Map<string, string>();
  const person = (key: string) => people.get(key)?.userName ?? key;
  const group = (key: string) => groups.get(key) ?? key;
  const some = (keys: readonly string[]) =>
    keys.length === 1 ? keys.map(person).join() : `${keys.length} people`;
  return (step) => {
    switch (step.kind) {
      case 'connect':
        return 'test the connection';
      case 'join':
        people.set(step.person.key, step.person);
        return `assign ${nameOf(step.person)}`;
      case 'profile':
      case 'rename': {
        const before = person(step.person.key);
        people.set(step.person.key, step.person);
        return `change ${before} to ${nameOf(step.person)}`;
      }
      case 'pause':
        return `(${step.label})`;
      case 'group':
        groups.set(step.group.key, step.group.name);
        return `push group "${step.group.name}"`;
      case 'renameGroup': {
        const before = group(step.group);
        groups.set(step.group, step.name);
        return `rename group "${before}" to "${step.name}"`;
      }
      case 'deleteGroup':
        return `delete group "${group(step.group)}"`;
      case 'add':
        return `add ${some(step.people)} to "${group(step.group)}"`;
      case 'remove':
        return `remove ${some(step.people)} from "${group(step.group)}"`;
      case 'push':
        return `push the whole list of "${group(step.group)}" (${step.people.length} people)`;
      case 'leave':
        return `deactivate ${person(step.person)}`;
      case 'return':
        return `reactivate ${person(step.person)}`;
      case 'delete':
        return `delete ${person(step.person)}`;
    }
  };
}

/** The groups stay in the bridge after the day, so the renamed one gets its name back for the next one. */
function withNameRestored(steps: readonly Step[]): Step[] {
  const renames = steps.flatMap((step) =>
    step.kind === 'renameGroup' ? [{ ...step, name: renamedGroup.from }] : [],
  );
  return [...steps, ...renames];
}

async function main(choice: Choice): Promise<void> {
  const endpoint = findBridge(choice.dataDir);
  const counts = new Map<string, number>();
  const send = observed(httpSend(endpoint.scimUrl), ({ method }, { status }) => {
    const key = `${method} ${status}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  });
  const dialect = createDialect(choice.dialect, {
    send,
    token: endpoint.token,
    wait: sleep,
    newId: randomUUID,
  });
  const day = planDay({
    people: choice.people,
    random: seededRandom(choice.seed),
    tag: choice.seed.toString(36),
    deletesUsers: dialect.deletesUsers,
  });
  const narrate = createNarrator();
  const startedAtMs = Date.now();
  console.log(`${choice.dialect}, ${choice.people} people, --seed ${choice.seed}, to ${endpoint.scimUrl}`);
  try {
    await playDay(withNameRestored(day.steps), {
      dialect,
      pass: () => Promise.resolve(),
      onStep: (step) => console.log(narrate(step)),
    });
  } finally {
    const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
    const seconds = ((Date.now() - startedAtMs) / 1000).toFixed(1);
    const list = [...counts].sort().map(([key, count]) => `${key}: ${count}`);
    console.log(`\n${total} requests in ${seconds} s (${list.join(', ')})`);
  }
  console.log('Every answer was as expected. Adobe follows within its limits: npm run bridge -- status');
}

if (import.meta.main) {
  const args = process.argv.slice(2);
  const choice = parseChoice(args, Math.floor(Date.now() / 1000));
  if (args.includes('--help') || args.includes('-h')) {
    console.log(USAGE);
  } else if (typeof choice === 'string') {
    console.error(choice);
    process.exitCode = 1;
  } else {
    await main(choice).catch((error: unknown) => {
      if (!(error instanceof Error)) throw error;
      const known = error instanceof UnexpectedAnswer || error instanceof AnswerLost;
      console.error(known ? `\nStopped: ${error.message}` : error.message);
      process.exitCode = 1;
    });
  }
}
