/**
 * What of a template must survive every upgrade: resources that hold data or that others know by name, with the
 * properties whose change makes CloudFormation replace them. `node test/infra/stateful.ts VERSION` writes the record of
 * a release, which `released.test.ts` holds every later version to.
 */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import * as z from 'zod';
import { synthesise } from './synth.ts';

/** Properties that CloudFormation cannot change in place, by type (from its resource reference). */
const fixed: Readonly<Record<string, readonly string[]>> = {
  'AWS::DynamoDB::GlobalTable': ['TableName', 'KeySchema', 'LocalSecondaryIndexes'],
  'AWS::SecretsManager::Secret': ['Name'],
  'AWS::KMS::Key': [],
  // The address that every identity provider holds ends with its id.
  'AWS::ApiGatewayV2::Api': ['ProtocolType'],
};
/** Not fixed, but data: a key attribute of an index, and what the index holds. */
const indexes = 'GlobalSecondaryIndexes';

export const Stateful = z.record(
  z.string(),
  z.object({
    type: z.string(),
    deletionPolicy: z.string().optional(),
    fixed: z.record(z.string(), z.unknown()),
  }),
);
export type Stateful = z.infer<typeof Stateful>;

interface Resource {
  readonly Type: string;
  readonly DeletionPolicy?: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

export function statefulOf(resources: Readonly<Record<string, Resource>>): Stateful {
  return Object.fromEntries(
    Object.entries(resources).flatMap(([id, { Type, DeletionPolicy, Properties = {} }]) => {
      const names = fixed[Type];
      if (names === undefined) return [];
      const kept = [...names, ...(Type.startsWith('AWS::DynamoDB') ? [indexes] : [])];
      const values = kept.flatMap((name) =>
        Properties[name] === undefined ? [] : [[name, Properties[name]]],
      );
      const policy = DeletionPolicy === undefined ? {} : { deletionPolicy: DeletionPolicy };
      return [[id, { type: Type, ...policy, fixed: Object.fromEntries(values) }]];
    }),
  );
}

/** Both ways of encryption, because each has resources of its own. */
export const variants = {
  'aws-owned': {},
  'customer-key': { encryption: 'customer-key', region: 'eu-central-1' },
} as const;

export function current(variant: keyof typeof variants): Stateful {
  const made = synthesise(variants[variant]);
  try {
    return statefulOf(made.template.toJSON()['Resources']);
  } finally {
    made.close();
  }
}

if (import.meta.main) {
  const [version = ''] = process.argv.slice(2);
  if (!/^\d+\.\d+\.\d+$/.test(version))
    throw new Error('name the version: node test/infra/stateful.ts 1.2.3');
  const record = { 'aws-owned': current('aws-owned'), 'customer-key': current('customer-key') };
  const file = resolve(import.meta.dirname, `released/${version}.json`);
  writeFileSync(file, `${JSON.stringify(record, null, 2)}\n`);
  console.log(`written: ${file}`);
}
