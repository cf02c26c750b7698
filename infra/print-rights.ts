/**
 * `npm run rights [-- --settings FILE]`: every IAM statement of every function, one line each, read from the template that
 * the settings make: what is printed is what is deployed.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { App } from 'aws-cdk-lib';
import * as z from 'zod';
import { BridgeStack } from './bridge-stack.ts';
import { holders, rightsOf } from './rights.ts';
import { readSettings, type Settings } from './settings.ts';

const oneOrMore = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat());
const Statement = z.object({
  Effect: z.string(),
  Action: oneOrMore,
  Resource: z.unknown(),
  Condition: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
});
const Template = z.object({
  Resources: z.record(
    z.string(),
    z.object({
      Type: z.string(),
      Properties: z
        .object({ PolicyDocument: z.object({ Statement: z.array(Statement) }).optional() })
        .optional(),
    }),
  ),
});

/** `template` as CloudFormation gets it. */
export function printRights(template: unknown): string {
  const rows = Object.entries(Template.parse(template).Resources)
    .filter(([, { Type }]) => Type === 'AWS::IAM::Policy')
    .flatMap(([id, { Properties }]) =>
      (Properties?.PolicyDocument?.Statement ?? []).map((statement) => rowOf(id, statement)),
    );
  const all = [['function', 'may', 'resource', 'only if', 'for'], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function rowOf(
  policy: string,
  { Effect, Action, Resource, Condition = {} }: z.infer<typeof Statement>,
): string[] {
  const holder = policy.replace(/RoleDefaultPolicy.*/, '').toLowerCase();
  const actions = Action.map((action) => action.replace(/^dynamodb:/, ''));
  const keys = Object.values(Condition).flatMap((test) =>
    Object.entries(test).flatMap(([key, value]) => (key === 'dynamodb:LeadingKeys' ? [value].flat() : [])),
  );
  const partitions = keys.map(String).filter((key) => key !== 'false');
  const others = Object.values(Condition).flatMap((test) =>
    Object.keys(test).filter((key) => key !== 'dynamodb:LeadingKeys'),
  );
  return [
    holder,
    `${Effect === 'Deny' ? 'NEVER ' : ''}${actions.join(' ')}`,
    plain(Resource),
    [...partitions, ...others].join(' '),
    partitions.length === 0 ? '' : reasonsOf(holder, actions),
  ];
}

/** Why the function may do it to items, as `rights.ts` says. */
function reasonsOf(holder: string, actions: readonly string[]): string {
  const known = holders.find((one) => one === holder);
  const rights = known === undefined ? [] : rightsOf[known].items;
  const reasons = rights.filter((right) => right.actions.some((action) => actions.includes(action)));
  return reasons.map(({ on }) => on).join(', ');
}

/** Logical ids without their hashes. */
function plain(resource: unknown): string {
  if (typeof resource === 'string') return resource.replace(/[0-9A-F]{8}$/, '');
  if (Array.isArray(resource))
    return resource
      .map(plain)
      .filter((part) => part !== 'Arn')
      .join('');
  if (typeof resource !== 'object' || resource === null) return '';
  return Object.values(resource).map(plain).join('');
}

/** The template that settings make; what the functions hold is of no interest here. */
export function templateOf(settings: Settings): unknown {
  // With the flags of a deployment, which merge statements.
  const { context } = JSON.parse(readFileSync(resolve(import.meta.dirname, '../cdk.json'), 'utf8'));
  const app = new App({ context });
  const bundle = import.meta.dirname;
  const bundles = { scim: bundle, provision: bundle, reconcile: bundle, admin: bundle };
  const env = settings.region === undefined ? {} : { env: { region: settings.region } };
  const stack = new BridgeStack(app, settings.stack, { settings, bundles, ...env });
  return app.synth().getStackArtifact(stack.artifactId).template;
}

if (import.meta.main) {
  const [flag, file] = process.argv.slice(2);
  if (flag !== undefined && flag !== '--settings') throw new Error('npm run rights [-- --settings FILE]');
  const settings = readSettings(file ?? process.env['BRIDGE_SETTINGS']);
  process.stdout.write(`${printRights(templateOf(settings))}\n`);
}
