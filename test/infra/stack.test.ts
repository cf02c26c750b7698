/** What of the hardening checklist a template can show (`docs/hardening.md` names these tests). */
import { Match, type Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import { afterAll, describe, expect, test } from 'vitest';
import { functionNames } from '../../infra/bundle.ts';
import { variables } from '../../lambdas/config.ts';
import { type Synthesised, statementsOf, synthesise } from './synth.ts';

const domain = {
  name: 'scim.example.com',
  certificate: 'arn:aws:acm:eu-central-1:123456789012:certificate/c',
};
const restoredTable = {
  name: 'bridge-restored',
  stream: 'arn:aws:dynamodb:eu-central-1:123456789012:table/bridge-restored/stream/2026-01-31T12:00:00.000',
};
const made = {
  plain: synthesise(),
  restored: synthesise({ table: restoredTable }),
  full: synthesise({
    region: 'eu-central-1',
    encryption: 'customer-key',
    domain,
    networks: ['203.0.113.0/24', '2001:db8::/32'],
    permissionsBoundary: 'arn:aws:iam::123456789012:policy/boundary',
    tags: { team: 'identity' },
    retention: { logs: 400, accessLogs: 30 },
  }),
} satisfies Record<string, Synthesised>;
const { plain, full } = made;
const template = plain.template;
afterAll(() => {
  for (const { close } of Object.values(made)) close();
});

function resources(of: Template, type: string) {
  return Object.values(of.findResources(type));
}

function functions(): Record<
  string,
  { runtime: string; architecture: string[]; environment: string[]; role: string }
> {
  return Object.fromEntries(
    resources(template, 'AWS::Lambda::Function').map(({ Properties }) => [
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

describe('cdk-nag has nothing unexplained to say', () => {
  for (const [name, { app }] of Object.entries(made)) {
    test(`with the settings "${name}"`, () => {
      const { violations } = new AwsSolutionsChecks(app).validateScope(app);
      expect(violations.map(({ ruleName, violatingResources }) => [ruleName, violatingResources])).toEqual(
        [],
      );
    });
  }
});

describe('the table cannot be lost by an upgrade or a mistake', () => {
  test('it is kept when the stack goes, and when a property would replace it', () => {
    template.hasResource('AWS::DynamoDB::GlobalTable', {
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
    });
  });

  test('it has recovery to the second, deletion protection, the stream and the time to live', () => {
    template.hasResourceProperties('AWS::DynamoDB::GlobalTable', {
      BillingMode: 'PAY_PER_REQUEST',
      StreamSpecification: { StreamViewType: 'NEW_IMAGE' },
      TimeToLiveSpecification: { AttributeName: 'expires', Enabled: true },
      Replicas: [
        Match.objectLike({
          DeletionProtectionEnabled: true,
          PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        }),
      ],
    });
  });

  test('secrets are kept when the stack goes', () => {
    const secrets = resources(template, 'AWS::SecretsManager::Secret');
    expect(secrets.map(({ DeletionPolicy }) => DeletionPolicy)).toEqual(['Retain', 'Retain']);
  });

  test('the stack cannot be deleted before its protection is taken off', () => {
    expect(plain.stack.terminationProtection).toBe(true);
  });
});

describe('after a restore the stack works with the table of the settings (F12)', () => {
  const of = made.restored.template;

  test('functions, their rights, the trigger, the alarms and the output name it, and nothing names the old one', () => {
    of.hasResourceProperties('AWS::Lambda::EventSourceMapping', { EventSourceArn: restoredTable.stream });
    of.hasOutput('TableName', { Value: restoredTable.name });
    for (const { Properties } of resources(of, 'AWS::Lambda::Function'))
      if (Properties.Environment !== undefined)
        expect(Properties.Environment.Variables[variables.table]).toBe(restoredTable.name);
    const uses = JSON.stringify([
      ...resources(of, 'AWS::CloudWatch::Alarm'),
      ...resources(of, 'AWS::CloudWatch::Dashboard'),
      ...resources(of, 'AWS::IAM::Policy'),
    ]);
    expect(uses).toContain(`:table/${restoredTable.name}"`);
    expect(uses).toContain(`:table/${restoredTable.name}/index/work"`);
    expect(JSON.stringify({ ...of.toJSON(), Metadata: {} })).not.toMatch(
      /"(Ref|Fn::GetAtt)":\[?"DirectoryTable/,
    );
  });

  test('the old one stays as it was, for evidence', () => {
    const table = (from: Template) => from.findResources('AWS::DynamoDB::GlobalTable');
    expect(table(of)).toEqual(table(template));
  });
});

describe('encryption', () => {
  test('by a key of AWS by default', () => {
    template.hasResourceProperties('AWS::DynamoDB::GlobalTable', { SSESpecification: { SSEEnabled: false } });
    template.resourceCountIs('AWS::KMS::Key', 0);
  });

  test('by a key of the customer: table, secrets and logs, rotated and kept', () => {
    full.template.hasResource('AWS::KMS::Key', {
      DeletionPolicy: 'Retain',
      Properties: Match.objectLike({ EnableKeyRotation: true }),
    });
    full.template.hasResourceProperties('AWS::DynamoDB::GlobalTable', {
      SSESpecification: { SSEEnabled: true, SSEType: 'KMS' },
    });
    const encrypted = [
      ...resources(full.template, 'AWS::SecretsManager::Secret'),
      ...resources(full.template, 'AWS::Logs::LogGroup'),
    ];
    expect(encrypted).toHaveLength(7);
    for (const { Properties } of encrypted)
      expect(JSON.stringify(Properties)).toMatch(/"KmsKeyId":.*CustomerKey/);
  });

  test('functions use the key of the customer through DynamoDB and Secrets Manager only', () => {
    const uses = statementsOf(full.template).filter(({ actions }) =>
      actions.some((one) => one.startsWith('kms:')),
    );
    expect(uses).toHaveLength(functionNames.length);
    for (const { conditions } of uses)
      expect(JSON.stringify(conditions)).toMatch(/kms:ViaService.*dynamodb.*secretsmanager/);
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
    const known: string[] = Object.values(variables);
    for (const { environment } of Object.values(functions())) {
      expect(environment).toContain(variables.table);
      expect(known).toEqual(expect.arrayContaining(environment));
    }
  });

  test('none has an address, a reserved share of the account, or a secret in its environment', () => {
    template.resourceCountIs('AWS::Lambda::Url', 0);
    for (const { Properties } of resources(template, 'AWS::Lambda::Function')) {
      expect(Properties).not.toHaveProperty('ReservedConcurrentExecutions');
      for (const [name, value] of Object.entries(Properties.Environment.Variables))
        if (/SECRET/.test(name)) expect(value).toEqual({ Ref: expect.any(String) });
    }
  });

  test('only HTTP API, stream and schedules may call one: nobody but IAM calls admin (T28)', () => {
    const callers = resources(template, 'AWS::Lambda::Permission').map(({ Properties }) => [
      JSON.stringify(Properties.FunctionName).replace(/.*"(Scim|Provision|Reconcile|Admin).*/, '$1'),
      Properties.Principal,
    ]);
    expect(new Set(callers.map(String))).toEqual(
      new Set([
        'Scim,apigateway.amazonaws.com',
        'Provision,events.amazonaws.com',
        'Reconcile,events.amazonaws.com',
      ]),
    );
    for (const { Properties } of resources(template, 'AWS::Lambda::Permission'))
      expect(Properties).toHaveProperty('SourceArn');
  });

  test('a permissions boundary is put on every role', () => {
    const roles = resources(full.template, 'AWS::IAM::Role');
    expect(roles).toHaveLength(4);
    for (const { Properties } of roles)
      expect(Properties.PermissionsBoundary).toBe('arn:aws:iam::123456789012:policy/boundary');
  });
});

describe('what wakes provisioning', () => {
  test('the stream, by marks only, without part answers and with bounds (F22, F28, F29)', () => {
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      FunctionResponseTypes: Match.absent(),
      MaximumRecordAgeInSeconds: 120,
      MaximumRetryAttempts: 0,
      FilterCriteria: {
        Filters: [
          { Pattern: JSON.stringify({ dynamodb: { NewImage: { wake: { N: [{ exists: true }] } } } }) },
        ],
      },
    });
  });

  test('a clock: every minute, and at night off the hour and the half hour', () => {
    const rules = resources(template, 'AWS::Events::Rule').map(
      ({ Properties }) => Properties.ScheduleExpression ?? [],
    );
    expect(rules.flat()).toEqual(['rate(1 minute)', 'cron(7/15 2-5 * * ? *)']);
  });

  test('a failed look is not repeated beside the next one', () => {
    const configs = resources(template, 'AWS::Lambda::EventInvokeConfig').map(({ Properties }) => [
      Properties.MaximumRetryAttempts,
      Properties.MaximumEventAgeInSeconds,
    ]);
    expect(configs).toEqual([
      [0, 60],
      [0, 60],
    ]);
  });
});

describe('the HTTP API', () => {
  const stage = (of: Template) => resources(of, 'AWS::ApiGatewayV2::Stage')[0]?.Properties;

  test('every route has a limit of its own, the default route the least', () => {
    const routes = resources(template, 'AWS::ApiGatewayV2::Route').map(
      ({ Properties }) => Properties.RouteKey,
    );
    const { RouteSettings, DefaultRouteSettings } = stage(template);
    expect(new Set([...Object.keys(RouteSettings), '$default'])).toEqual(new Set(routes));
    const rates = Object.values(RouteSettings).map((one) => Object(one).ThrottlingRateLimit);
    expect(rates.every((rate) => rate > 0)).toBe(true);
    expect(DefaultRouteSettings).toEqual({ ThrottlingRateLimit: 5, ThrottlingBurstLimit: 10 });
  });

  test('all routes lead to the SCIM function, which asks for a token on each (T01)', () => {
    template.resourceCountIs('AWS::ApiGatewayV2::Integration', 1);
    template.hasResourceProperties('AWS::ApiGatewayV2::Integration', { PayloadFormatVersion: '2.0' });
  });

  test('its log has no header, no query, no path and no body (T08, T44)', () => {
    const format = JSON.parse(stage(template).AccessLogSettings.Format);
    expect(Object.keys(format).sort()).toEqual(
      [
        'time',
        'requestId',
        'sourceIp',
        'method',
        'route',
        'status',
        'latencyMs',
        'functionMs',
        'bytes',
        'integrationStatus',
      ].sort(),
    );
    expect(JSON.stringify(format)).not.toMatch(/header|query|\$context\.path|rawPath|authoriz|body/i);
  });

  test('with a domain of one’s own: TLS 1.2, and the address of AWS is closed', () => {
    full.template.hasResourceProperties('AWS::ApiGatewayV2::DomainName', {
      DomainName: 'scim.example.com',
      DomainNameConfigurations: [Match.objectLike({ SecurityPolicy: 'TLS_1_2' })],
    });
    full.template.hasResourceProperties('AWS::ApiGatewayV2::Api', { DisableExecuteApiEndpoint: true });
    template.hasResourceProperties('AWS::ApiGatewayV2::Api', { DisableExecuteApiEndpoint: false });
    full.template.hasOutput('ScimBaseUrl', { Value: 'https://scim.example.com/scim/v2' });
    expect(JSON.stringify(full.template.findResources('AWS::Lambda::Function'))).toContain(
      '"BRIDGE_SCIM_BASE_URL":"https://scim.example.com"',
    );
  });

  test('networks reach the function that refuses others', () => {
    expect(JSON.stringify(full.template.findResources('AWS::Lambda::Function'))).toContain(
      '"BRIDGE_NETWORKS":"203.0.113.0/24,2001:db8::/32"',
    );
  });
});

describe('logs, tags and outputs', () => {
  test('every log is kept for the days of the settings and masks addresses and tokens', () => {
    const logs = resources(full.template, 'AWS::Logs::LogGroup').map(({ Properties }) => Properties);
    expect(logs.map(({ RetentionInDays }) => RetentionInDays).sort()).toEqual([30, 400, 400, 400, 400]);
    for (const { DataProtectionPolicy } of logs)
      expect(JSON.stringify(DataProtectionPolicy)).toMatch(
        /EmailAddress.*Deidentify|Deidentify.*EmailAddress/,
      );
  });

  test('tags of the settings are on what can carry them', () => {
    full.template.hasResourceProperties('AWS::Lambda::Function', {
      Tags: Match.arrayWith([{ Key: 'team', Value: 'identity' }]),
    });
  });

  test('the operator’s program finds what it looks up', () => {
    const names = Object.keys(template.findOutputs('*'));
    expect(names).toEqual(
      expect.arrayContaining(['ScimBaseUrl', 'AdminFunction', 'AdobeCredentialSecret', 'TableName']),
    );
  });
});
