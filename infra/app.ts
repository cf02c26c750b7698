/** `cdk synth`, `diff` and `deploy` start here. Settings come as context: `-c org=main -c connection=default`. */
import { App } from 'aws-cdk-lib';
import { BridgeStack } from './bridge-stack.ts';
import { bundleFunctions } from './bundle.ts';

const app = new App();

new BridgeStack(app, setting('stack', 'AdobeScimBridge'), {
  description: 'SCIM 2.0 bridge to the Adobe Admin Console',
  orgKey: setting('org', 'main'),
  connection: setting('connection', 'default'),
  bundles: bundleFunctions(),
});

function setting(name: string, fallback: string): string {
  const value: unknown = app.node.tryGetContext(name);
  if (value === undefined) return fallback;
  if (typeof value !== 'string' || value === '') throw new Error(`-c ${name}=... must be a text`);
  return value;
}
