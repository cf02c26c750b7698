/**
 * Runs checks against one server: a few at a time, those that look at whole lists alone, those that judge the whole run
 * last. Whatever happens, what the run made is deleted at its end.
 */
import { type Check, type Grade, gradeOfFailure, type Result, type Section, Skip, Unmet } from './check.ts';
import { type OpenSession, openSession } from './open-session.ts';
import type { Feature } from './session.ts';
import type { Send } from './transport.ts';

export interface RunOptions {
  readonly send: Send;
  /** Without a slash at its end. */
  readonly baseUrl: string;
  readonly token: string;
  readonly sections: readonly Section[];
  readonly selects: (check: Check) => boolean;
  /** Starts every name that the run makes; different in every run. */
  readonly prefix: string;
  /** Mail domain of the people that the run makes. */
  readonly domain: string;
  readonly concurrency: number;
  /** Milliseconds, from any origin. */
  readonly now: () => number;
  readonly onResult?: (result: Result) => void;
}

export interface Report {
  readonly results: readonly Result[];
  /** Resources that could not be deleted. */
  readonly leftBehind: readonly string[];
  readonly requests: number;
}

interface Job {
  readonly check: Check;
  readonly section: string;
}

export async function runConformance(options: RunOptions): Promise<Report> {
  const session = openSession(options);
  const results = new Map<string, Result>();
  const jobs = options.sections.flatMap(({ title, checks }) =>
    checks.filter(options.selects).map((check) => ({ check, section: title })),
  );
  const judge = async (job: Job) => {
    const result = await runCheck(session, job, options.now);
    results.set(job.check.id, result);
    options.onResult?.(result);
  };
  let leftBehind: readonly string[] = [];
  try {
    await session.learn();
    await inParallel(
      jobs.filter(({ check }) => !check.alone && !check.last),
      options.concurrency,
      judge,
    );
    for (const job of jobs.filter(({ check }) => check.alone && !check.last)) await judge(job);
    for (const job of jobs.filter(({ check }) => check.last)) await judge(job);
  } finally {
    leftBehind = await session.cleanUp();
  }
  const inOrder = jobs.flatMap(({ check }) => results.get(check.id) ?? []);
  return { results: inOrder, leftBehind, requests: session.seen.length };
}

async function inParallel(
  jobs: readonly Job[],
  width: number,
  judge: (job: Job) => Promise<void>,
): Promise<void> {
  const queue = [...jobs];
  const worker = async () => {
    for (let job = queue.shift(); job !== undefined; job = queue.shift()) await judge(job);
  };
  await Promise.all(Array.from({ length: Math.max(1, width) }, worker));
}

async function runCheck(session: OpenSession, { check, section }: Job, now: () => number): Promise<Result> {
  const began = now();
  const outcome = await outcomeOf(session, check);
  return { check, section, ms: Math.round(now() - began), ...outcome };
}

async function outcomeOf(
  session: OpenSession,
  check: Check,
): Promise<{ readonly grade: Grade; readonly reason: string }> {
  try {
    if (check.needs !== undefined && !(await session.offers(check.needs))) {
      return { grade: 'skipped', reason: absentBecause[check.needs] };
    }
    await check.run(session);
    return { grade: 'pass', reason: '' };
  } catch (error) {
    if (error instanceof Skip) return { grade: 'skipped', reason: error.message };
    if (error instanceof Unmet) return { grade: gradeOfFailure(check.level), reason: error.message };
    // No answer at all, or a fault of the check: nobody may take that for a pass.
    return {
      grade: 'error',
      reason: `could not be judged: ${error instanceof Error ? error.message : error}`,
    };
  }
}

const absentBecause: Readonly<Record<Feature, string>> = {
  patch: 'patch is not announced',
  filter: 'filter is not announced',
  sort: 'sort is not announced',
  etag: 'etag is not announced',
  bulk: 'bulk is not announced',
  cursor: 'pagination by cursor is not announced',
  changePassword: 'changePassword is not announced',
  securityEvents: 'securityEvents are not announced',
  search: 'POST /.search is not offered',
  rootQuery: 'queries on the base URL are not offered',
  me: '/Me is not offered',
  https: 'the server is reached by plain HTTP on this machine',
};
