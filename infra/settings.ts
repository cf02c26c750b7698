/**
 * What the customer decides about the deployment: one YAML file outside the clone, so that an upgrade is "pull and
 * deploy". `docs/settings.md` explains every key. Modes, domains and the mapping are none of it: they live in the table
 * and change without a deployment.
 *
 * Invariant: a file with a mistake, or with nothing in it, deploys nothing. Every problem is named by its key with what to do; unknown keys are
 * mistakes, because a misspelt `networks` would open the bridge to everybody.
 */
import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import * as z from 'zod';

const seconds = z.strictObject({
  /** Requests a second that go on for ever. */
  perSecond: z.number().int().min(1).max(10_000),
  /** Requests that may come at once. */
  burst: z.number().int().min(1).max(5_000),
});
/** Days that CloudWatch Logs knows. */
const days = z.literal([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 3653], {
  error: 'use a number of days that CloudWatch Logs knows, such as 30, 90, 180, 365 or 400',
});
const name = z.string().regex(/^[a-z0-9-]{1,32}$/, 'use up to 32 of a-z, 0-9 and -');
const network = z.union([z.cidrv4(), z.cidrv6()], {
  error: 'use the form 203.0.113.0/24 or 2001:db8::/32',
});
/** Parts of the journal's own keys: a connection of this name would share their partitions. */
const reserved = ['who', 'mail'];

export const Settings = z
  .strictObject({
    stack: z
      .string()
      .regex(/^[A-Za-z][A-Za-z0-9-]{0,99}$/, 'begin with a letter, go on with letters, digits and -')
      .default('AdobeScimBridge'),
    region: z
      .string()
      .regex(/^[a-z]{2}(-[a-z]+)+-[0-9]$/, 'use the name of an AWS region, such as eu-central-1')
      .optional(),
    account: z
      .string({ error: 'put the number in quotes, so that no leading zero is lost' })
      .regex(/^[0-9]{12}$/, 'use the 12 digits of the AWS account')
      .optional(),
    org: name.default('main'),
    connection: name.default('default'),
    alarmEmail: z.email('use one e-mail address, best of a team').optional(),
    networks: z
      .array(network)
      .min(1, 'name at least one network, or leave the key out')
      .max(100, 'name 100 networks at most')
      .optional(),
    domain: z
      .strictObject({
        name: z
          .string()
          .regex(
            /^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/,
            'use a host name, such as scim.example.com',
          ),
        certificate: z
          .string()
          .regex(/^arn:[a-z-]+:acm:/, 'use the ARN of a certificate in AWS Certificate Manager, same region'),
      })
      .optional(),
    encryption: z
      .literal(['aws-owned', 'customer-key'], { error: 'use aws-owned or customer-key' })
      .default('aws-owned'),
    retention: z.strictObject({ logs: days.default(90), accessLogs: days.default(90) }).prefault({}),
    throttles: z
      .strictObject({
        scim: seconds.default({ perSecond: 100, burst: 200 }),
        bulk: seconds.default({ perSecond: 2, burst: 5 }),
        token: seconds.default({ perSecond: 5, burst: 10 }),
        elsewhere: seconds.default({ perSecond: 5, burst: 10 }),
      })
      .prefault({}),
    logLevel: z
      .literal(['debug', 'info', 'warn', 'error'], { error: 'use debug, info, warn or error' })
      .default('info'),
    table: z
      .strictObject({
        name: z.string().regex(/^[A-Za-z0-9_.-]{3,255}$/, 'use the name of a DynamoDB table'),
        stream: z
          .string()
          .regex(/^arn:[a-z-]+:dynamodb:.*:table\/.*\/stream\//, 'use the LatestStreamArn of that table'),
      })
      .optional(),
    permissionsBoundary: z
      .string()
      .regex(/^arn:[a-z-]+:iam::[0-9]{12}:policy\//, 'use the ARN of an IAM policy')
      .optional(),
    tags: z.record(z.string().min(1).max(128), z.string().max(256)).default({}),
  })
  .superRefine(({ org, connection, encryption, region, table }, context) => {
    const problem = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message });
    if (org === connection)
      problem('connection', 'choose another name than that of org: both keep their settings under it');
    if (reserved.includes(connection)) problem('connection', 'this name is taken by the journal');
    if (reserved.includes(org)) problem('org', 'this name is taken by the journal');
    if (table !== undefined && !table.stream.includes(`:table/${table.name}/stream/`))
      problem('table', 'the stream is one of another table: both change together');
    if (encryption === 'customer-key' && region === undefined)
      problem('region', 'name the region: a key of your own belongs to one');
  });
export type Settings = z.infer<typeof Settings>;

/** What is wrong with a settings file, one line per key. */
export class SettingsError extends Error {
  constructor(file: string, problems: readonly string[]) {
    super(
      `${file} cannot be deployed:\n${problems.map((problem) => `  ${problem}`).join('\n')}\ndocs/settings.md explains every key`,
    );
    this.name = 'SettingsError';
  }
}

/**
 * Reads the settings of a file; without a file, the defaults.
 * @throws SettingsError that names every key with a mistake
 */
export function readSettings(file: string | undefined): Settings {
  if (file === undefined) return Settings.parse({});
  if (!existsSync(file))
    throw new SettingsError(file, ['there is no such file: write one after docs/settings.example.yaml']);
  return parseSettings(file, readFileSync(file, 'utf8'));
}

/** @throws SettingsError */
export function parseSettings(file: string, text: string): Settings {
  let content: unknown;
  try {
    content = parse(text);
  } catch (error) {
    throw new SettingsError(file, [error instanceof Error ? error.message : String(error)]);
  }
  // Whoever names a file means it: an empty one (a variable that was never set) would deploy a second, open bridge.
  if (content === null || content === undefined)
    throw new SettingsError(file, [
      'it is empty: write at least `stack: NAME`, or name no file for the defaults',
    ]);
  const parsed = Settings.safeParse(content);
  if (parsed.success) return parsed.data;
  throw new SettingsError(file, parsed.error.issues.flatMap(sentences));
}

function sentences(issue: z.core.$ZodIssue): string[] {
  const key = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    const at = key === '' ? '' : `${key}.`;
    return issue.keys.map((unknown) => `${at}${unknown}: there is no such key; is it misspelt?`);
  }
  return [`${key === '' ? 'the file' : key}: ${issue.message}`];
}
