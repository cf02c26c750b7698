import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { App } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BridgeStack } from '../../infra/bridge-stack.ts';
import { bundleFunctions, functionNames } from '../../infra/bundle.ts';
import { variables } from '../../lambdas/config.ts';

let folder = '';
let template: Template;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bridge-bundles-'));
  // With the settings that a deployment has.
  const { context } = JSON.parse(readFileSync(resolve(import.meta.dirname, '../../cdk.json'), 'utf8'));
  const stack = new BridgeStack(new App({ context }), 'Test', {
    orgKey: 'main',
    connection: 'default',
    bundles: bundleFunctions(folder),
  });
  template = Template.fromStack(stack);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Every IAM statement of the stack with the logical id of its policy. */
function statements(): { policy: string; actions: string[]; resources: unknown[] }[] {
  const policies = template.findResources('AWS::IAM::Policy');
  const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : [value]);
  return Object.entries(policies).flatMap(([policy, { Properties }]) =>
    Properties.PolicyDocument.Statement.map((statement: { Action: unknown; Resource: unknown }) => ({
      policy,
      actions: list(statement.Action).map(String),
      resources: list(statement.Resource),
    })),
  );
}

/** The part of each function's environment that this stack sets. */
function functions(): Record<
  string,
  { runtime: string; architecture: string[]; environment: string[]; role: string }
> {
  const found = Object.values(template.findResources('AWS::Lambda::Function'));
  return Object.fromEntries(
    found.map(({ Properties }) => [
      String(Properties.Description).split(/[ ,;]/)[0],
      {
        runtime: Properties.Runtime,
        architecture: Properties.Architectures,
        environment: Object.keys(Properties.Environment.Variables),
        role: JSON.stringify(Properties.Role),
      },
    ]),
  );
}

describe('the table cannot be lost by an upgrade or a mistake', () => {
  test('it is kept when the stack goes, and when a property would replace it', () => {
    template.hasResource('AWS::DynamoDB::GlobalTable', {
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
    });
  });

  test('it has recovery to the second, deletion protection, encryption with KMS, the stream and the time to live', () => {
    template.hasResourceProperties('AWS::DynamoDB::GlobalTable', {
      BillingMode: 'PAY_PER_REQUEST',
      StreamSpecification: { StreamViewType: 'NEW_IMAGE' },
      TimeToLiveSpecification: { AttributeName: 'expires', Enabled: true },
      SSESpecification: { SSEEnabled: true, SSEType: 'KMS' },
      Replicas: [
        Match.objectLike({
          DeletionProtectionEnabled: true,
          PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        }),
      ],
    });
  });

  test('its keys and its index are those of the local table', () => {
    template.hasResourceProperties('AWS::DynamoDB::GlobalTable', {
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      GlobalSecondaryIndexes: [
        Match.objectLike({
          IndexName: 'work',
          KeySchema: [
            { AttributeName: 'wpk', KeyType: 'HASH' },
            { AttributeName: 'wsk', KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'KEYS_ONLY' },
        }),
      ],
    });
  });

  test('secrets are kept when the stack goes', () => {
    const secrets = Object.values(template.findResources('AWS::SecretsManager::Secret'));
    expect(secrets.map(({ DeletionPolicy }) => DeletionPolicy)).toEqual(['Retain', 'Retain']);
  });
});

describe('the functions', () => {
  test('there are four of ours, on the current runtime and arm64, each with a role of its own', () => {
    const all = functions();
    expect(Object.keys(all)).toHaveLength(functionNames.length);
    for (const { runtime, architecture } of Object.values(all)) {
      expect([runtime, architecture]).toEqual(['nodejs24.x', ['arm64']]);
    }
    expect(new Set(Object.values(all).map(({ role }) => role)).size).toBe(functionNames.length);
  });

  test('each is told the table, and only names that the handlers know', () => {
    const known: string[] = [...Object.values(variables), 'NODE_OPTIONS'];
    for (const { environment } of Object.values(functions())) {
      expect(environment).toContain(variables.table);
      expect(known).toEqual(expect.arrayContaining(environment));
    }
  });

  test('none may scan, change or delete the table, or act on everything', () => {
    const all = statements();
    const actions = all.flatMap((statement) => statement.actions);
    expect(
      actions.filter((action) => /\*|Scan|(?<!Describe)Table$|PartiQL|CreateBackup/.test(action)),
    ).toEqual([]);
    const everywhere = all
      .filter(({ resources }) => resources.includes('*'))
      .flatMap((statement) => statement.actions);
    // Listing streams cannot be narrowed to one; it shows names only.
    expect(everywhere.filter((action) => action !== 'dynamodb:ListStreams')).toEqual([]);
  });

  test('the SCIM function cannot read the Adobe credential, nor provisioning the token pepper', () => {
    const readable = (name: string): string =>
      JSON.stringify(
        statements()
          .filter(
            ({ policy, actions }) =>
              policy.startsWith(name) && actions.includes('secretsmanager:GetSecretValue'),
          )
          .map(({ resources }) => resources),
      );
    expect([readable('Scim'), readable('Provision')]).toEqual([
      expect.stringMatching(/^(?!.*AdobeCredential).*TokenPepper/),
      expect.stringMatching(/^(?!.*TokenPepper).*AdobeCredential/),
    ]);
  });

  test('provisioning is woken by marks only, gives the stream no part answers, and looks every minute (F22, F28, F29)', () => {
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      FunctionResponseTypes: Match.absent(),
      FilterCriteria: {
        Filters: [
          { Pattern: JSON.stringify({ dynamodb: { NewImage: { wake: { N: [{ exists: true }] } } } }) },
        ],
      },
    });
    template.hasResourceProperties('AWS::Events::Rule', { ScheduleExpression: 'rate(1 minute)' });
  });

  test('the HTTP API has one route, to the SCIM function', () => {
    const routes = Object.values(template.findResources('AWS::ApiGatewayV2::Route'));
    expect(routes.map(({ Properties }) => Properties.RouteKey)).toEqual(['$default']);
    template.hasResourceProperties('AWS::ApiGatewayV2::Integration', { PayloadFormatVersion: '2.0' });
  });
});

describe('the bundles', () => {
  for (const name of functionNames) {
    test(`${name} is one ES module that starts on its own and exports a handler`, () => {
      const file = join(folder, name, 'index.mjs');
      const script = `const m = await import(${JSON.stringify(pathToFileURL(file).href)}); console.log(typeof m.handler);`;
      const run = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
        cwd: folder,
        encoding: 'utf8',
        env: {},
      });
      expect([run.stderr, run.stdout.trim()]).toEqual(['', 'function']);
      expect(statSync(file).size).toBeLessThan(2_000_000);
    });
  }

  test('none holds anything of local/, test/ or the CDK', () => {
    for (const name of functionNames) {
      const { sources } = JSON.parse(readFileSync(join(folder, name, 'index.mjs.map'), 'utf8'));
      const root = resolve(import.meta.dirname, '../..');
      const own = sources.map((source: string) => resolve(folder, name, source).replace(`${root}/`, ''));
      expect(own.filter((path: string) => /^(local|test|infra|operator)\/|aws-cdk/.test(path))).toEqual([]);
      expect(own).toContain(`lambdas/${name}.ts`);
    }
  });
});
