/** Makes the stack as `npm run synth` does, with any settings, without bundling: the bundles have tests of their own. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { BridgeStack } from '../../infra/bridge-stack.ts';
import { functionNames } from '../../infra/bundle.ts';
import { Settings } from '../../infra/settings.ts';

export interface Synthesised {
  readonly app: App;
  readonly stack: BridgeStack;
  readonly template: Template;
  close(): void;
}

export function synthesise(settings: Partial<Settings> = {}): Synthesised {
  const folder = mkdtempSync(join(tmpdir(), 'bridge-stack-'));
  const folderOf = (name: string): string => {
    mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(join(folder, name, 'index.mjs'), `export const handler = '${name}';`);
    return join(folder, name);
  };
  const [scim, provision, reconcile, admin] = functionNames.map(folderOf);
  const bundles = {
    scim: scim ?? '',
    provision: provision ?? '',
    reconcile: reconcile ?? '',
    admin: admin ?? '',
  };
  // With the feature flags that a deployment has.
  const { context } = JSON.parse(readFileSync(resolve(import.meta.dirname, '../../cdk.json'), 'utf8'));
  const app = new App({ context, outdir: join(folder, 'cdk.out') });
  const parsed = Settings.parse(settings);
  const env = parsed.region === undefined ? {} : { env: { region: parsed.region } };
  const stack = new BridgeStack(app, 'Test', { settings: parsed, bundles, ...env });
  const template = Template.fromStack(stack);
  return { app, stack, template, close: () => rmSync(folder, { recursive: true, force: true }) };
}

export interface Statement {
  /** Logical id of the policy. */
  readonly policy: string;
  readonly effect: string;
  readonly actions: readonly string[];
  readonly resources: readonly unknown[];
  readonly conditions: unknown;
}

/** Every statement of the stack's own policies. */
export function statementsOf(template: Template): Statement[] {
  const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : [value]);
  return Object.entries(template.findResources('AWS::IAM::Policy')).flatMap(([policy, { Properties }]) =>
    Properties.PolicyDocument.Statement.map(
      (one: { Effect: string; Action: unknown; Resource: unknown; Condition?: unknown }) => ({
        policy,
        effect: one.Effect,
        actions: list(one.Action).map(String),
        resources: list(one.Resource),
        conditions: one.Condition,
      }),
    ),
  );
}
