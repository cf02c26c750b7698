/**
 * The environment of the functions: which variables there are (the names are written here once, for the handlers and
 * for the stack that sets them), and how they become a typed Config.
 *
 * A variable that is missing or malformed is an error that names it: a function with half a configuration never
 * starts. Secrets are not variables: the environment holds the names under which Secrets Manager keeps them.
 */
import * as z from 'zod';
import { readNetwork } from './directory/networks.ts';

export const variables = {
  table: 'BRIDGE_TABLE',
  dynamodbEndpoint: 'DYNAMODB_ENDPOINT',
  scimBaseUrl: 'BRIDGE_SCIM_BASE_URL',
  pepperSecret: 'BRIDGE_PEPPER_SECRET',
  orgKey: 'BRIDGE_ORG',
  connection: 'BRIDGE_CONNECTION',
  adobeSecret: 'BRIDGE_ADOBE_SECRET',
  adobeUrl: 'BRIDGE_ADOBE_URL',
  imsUrl: 'BRIDGE_IMS_URL',
  logLevel: 'BRIDGE_LOG_LEVEL',
  networks: 'BRIDGE_NETWORKS',
} as const;

const text = z.string().min(1);
const url = z.url({ protocol: /^https?$/ });

const everyFunction = z.object({
  table: text,
  /** Set only where the table is not AWS's own. */
  dynamodbEndpoint: url.optional(),
  logLevel: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
});

/** What the SCIM function needs. */
export const ScimConfig = everyFunction.extend({
  /** The address that identity providers use, without a slash at the end; absent = the host each request came to. */
  scimBaseUrl: url.transform((value) => value.replace(/\/+$/, '')).optional(),
  pepperSecret: text,
  /** Where requests may come from; absent = from anywhere. */
  networks: z
    .string()
    .transform((list) => list.split(',').map((one) => readNetwork(one)))
    .pipe(z.array(z.string({ error: 'use networks such as 203.0.113.0/24, separated by commas' })))
    .optional(),
});
export type ScimConfig = z.infer<typeof ScimConfig>;

/** What provision and reconcile need. */
export const AdobeConfig = everyFunction.extend({
  orgKey: z.string().regex(/^[a-z0-9-]{1,32}$/, 'use up to 32 of a-z, 0-9 and -'),
  adobeSecret: text,
  /** With its path. */
  adobeUrl: url.default('https://usermanagement.adobe.io/v2/usermanagement'),
  imsUrl: url.default('https://ims-na1.adobelogin.com'),
});
export type AdobeConfig = z.infer<typeof AdobeConfig>;

/** What the operator's function needs: it makes tokens, and asks Adobe about names that no listing has shown yet. */
export const AdminConfig = AdobeConfig.extend({ connection: AdobeConfig.shape.orgKey, pepperSecret: text });
export type AdminConfig = z.infer<typeof AdminConfig>;

export type Environment = Readonly<Record<string, string | undefined>>;

export class ConfigError extends Error {
  constructor(problems: readonly string[]) {
    super(
      `the environment of this function is incomplete: ${problems.join('; ')}. Deploy the stack again to set it`,
    );
    this.name = 'ConfigError';
  }
}

/**
 * Reads one function's configuration. An empty variable counts as absent.
 * @throws ConfigError that names every variable that is missing or malformed
 */
export function readConfig<S extends z.ZodObject>(schema: S, environment: Environment): z.infer<S> {
  const named = Object.entries(variables).flatMap(([key, name]) => {
    const value = environment[name];
    return value === undefined || value === '' ? [] : [[key, value] as const];
  });
  const parsed = schema.safeParse(Object.fromEntries(named));
  if (parsed.success) return parsed.data;
  throw new ConfigError(
    parsed.error.issues.map((issue) => {
      const key = issue.path[0];
      const name = Object.entries(variables).find(([candidate]) => candidate === key)?.[1] ?? String(key);
      return environment[name] ? `${name}: ${issue.message}` : `${name} is not set`;
    }),
  );
}
