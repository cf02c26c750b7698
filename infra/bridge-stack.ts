/**
 * Wires the bridge: the table, the secrets, the four functions, the HTTP API in front of one of them, the stream and the
 * schedules behind two, the alarms and what people are told. Each function has its own role and may touch the items
 * that it needs (`rights.ts`) and the secrets it needs, nothing else.
 */
import { CfnOutput, Stack, type StackProps, Tags } from 'aws-cdk-lib';
import { ManagedPolicy, PermissionsBoundary } from 'aws-cdk-lib/aws-iam';
import type { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { variables } from '../lambdas/config.ts';
import { ADMIN_FUNCTION_MS, SCIM_FUNCTION_MS, WORK_FUNCTION_MS } from '../lambdas/times.ts';
import { Alarms } from './alarms.ts';
import { BridgeFunction } from './bridge-function.ts';
import type { FunctionName } from './bundle.ts';
import { CustomerKey } from './customer-key.ts';
import { Dashboard } from './dashboard.ts';
import { DirectoryTable } from './directory-table.ts';
import { Provisioner } from './provisioner.ts';
import { ScimApi } from './scim-api.ts';
import { Secrets } from './secrets.ts';
import type { Settings } from './settings.ts';
import { Telling } from './telling.ts';

export interface BridgeStackProps extends StackProps {
  /** Folder of each function's bundle. */
  readonly bundles: Readonly<Record<FunctionName, string>>;
  readonly settings: Settings;
}

interface Wanted {
  readonly description: string;
  readonly timeoutMs: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly reads: readonly Secret[];
}

export class BridgeStack extends Stack {
  readonly settings: Settings;
  readonly directory: DirectoryTable;
  readonly functions: Readonly<Record<FunctionName, BridgeFunction>>;
  readonly entrance: ScimApi;
  readonly secrets: Secrets;
  readonly #customerKey: CustomerKey | undefined;
  readonly #bundles: BridgeStackProps['bundles'];

  constructor(scope: Construct, id: string, { settings, bundles, ...props }: BridgeStackProps) {
    super(scope, id, { terminationProtection: true, ...props });
    this.settings = settings;
    this.#bundles = bundles;
    this.#customerKey = settings.encryption === 'customer-key' ? new CustomerKey(this) : undefined;
    const key = this.#customerKey?.key;
    this.directory = new DirectoryTable(this, 'Directory', { key, restored: settings.table });
    this.secrets = new Secrets(this, { key });
    this.functions = {
      scim: this.#scim(),
      provision: this.#provision(),
      reconcile: this.#reconcile(),
      admin: this.#admin(),
    };
    this.entrance = new ScimApi(this, 'Entrance', { to: this.functions.scim, settings, key });
    new Provisioner(this, 'Provisioner', { directory: this.directory, ...this.functions });
    const watched = { table: this.directory.table, functions: this.functions, api: this.entrance.api };
    new Alarms(this, 'Alarms', { ...watched, address: settings.alarmEmail });
    new Dashboard(this, 'Dashboard', watched);
    new Telling(this, 'Telling', { reconcile: this.functions.reconcile, address: settings.alarmEmail });
    this.#outputs();
    this.#marks();
  }

  #scim(): BridgeFunction {
    const { domain, networks } = this.settings;
    return this.#function('Scim', 'scim', {
      description: 'SCIM 2.0, called by the identity provider',
      timeoutMs: SCIM_FUNCTION_MS,
      environment: {
        [variables.pepperSecret]: this.secrets.pepper.secretArn,
        ...(domain === undefined ? {} : { [variables.scimBaseUrl]: `https://${domain.name}` }),
        ...(networks === undefined ? {} : { [variables.networks]: networks.join(',') }),
      },
      reads: [this.secrets.pepper],
    });
  }

  #provision(): BridgeFunction {
    return this.#function('Provision', 'provision', {
      description: 'Drains pending accounts to Adobe; woken by the stream and every minute',
      timeoutMs: WORK_FUNCTION_MS,
      environment: this.#adobeEnvironment(),
      reads: [this.secrets.credential],
    });
  }

  #reconcile(): BridgeFunction {
    return this.#function('Reconcile', 'reconcile', {
      description: 'Compares with what Adobe shows, nightly',
      timeoutMs: WORK_FUNCTION_MS,
      environment: this.#adobeEnvironment(),
      reads: [this.secrets.credential],
    });
  }

  #admin(): BridgeFunction {
    return this.#function('Admin', 'admin', {
      description: 'Operator commands; invoked with IAM only',
      timeoutMs: ADMIN_FUNCTION_MS,
      environment: {
        ...this.#adobeEnvironment(),
        [variables.connection]: this.settings.connection,
        [variables.pepperSecret]: this.secrets.pepper.secretArn,
      },
      reads: [this.secrets.pepper, this.secrets.credential],
    });
  }

  #adobeEnvironment(): Record<string, string> {
    return {
      [variables.orgKey]: this.settings.org,
      [variables.adobeSecret]: this.secrets.credential.secretArn,
    };
  }

  #function(id: string, name: FunctionName, { reads, environment, ...wanted }: Wanted): BridgeFunction {
    const made = new BridgeFunction(this, id, {
      ...wanted,
      bundle: this.#bundles[name],
      memoryMiB: 1024,
      environment: {
        ...environment,
        [variables.table]: this.directory.table.tableName,
        [variables.logLevel]: this.settings.logLevel,
      },
      logDays: this.settings.retention.logs,
      key: this.#customerKey?.key,
    });
    this.directory.grant(made, name, this.settings);
    for (const secret of reads) this.secrets.grantRead(secret, made);
    this.#customerKey?.grant(made);
    return made;
  }

  /** What the operator's program looks up by name. */
  #outputs(): void {
    const { domain, org, connection } = this.settings;
    const address = domain === undefined ? this.entrance.api.apiEndpoint : `https://${domain.name}`;
    const outputs: Readonly<Record<string, readonly [what: string, value: string]>> = {
      ScimBaseUrl: ['Give this address to the identity provider', `${address}/scim/v2`],
      AdminFunction: ['Operator commands go here', this.functions.admin.functionName],
      AdobeCredentialSecret: ['Holds the Adobe credential', this.secrets.credential.secretArn],
      TokenPepperSecret: ['Keys the hashes of tokens', this.secrets.pepper.secretArn],
      TableName: ['Everything that the bridge knows', this.directory.table.tableName],
      OrgName: ['Our short name of the Adobe org', org],
      ConnectionName: ['The connection that commands speak of', connection],
    };
    for (const [name, [description, value]] of Object.entries(outputs)) {
      new CfnOutput(this, name, { description, value });
    }
  }

  #marks(): void {
    const { tags, permissionsBoundary } = this.settings;
    for (const [name, value] of Object.entries({ application: 'adobe-scim-bridge', ...tags })) {
      Tags.of(this).add(name, value);
    }
    if (permissionsBoundary === undefined) return;
    const boundary = ManagedPolicy.fromManagedPolicyArn(this, 'Boundary', permissionsBoundary);
    PermissionsBoundary.of(this).apply(boundary);
  }
}
