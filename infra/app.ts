/**
 * `cdk synth`, `diff` and `deploy` start here. The settings file comes as `-c settings=FILE` or in `BRIDGE_SETTINGS`;
 * without one the defaults hold, so that `npm run synth` works at once and offline.
 */
import { App } from 'aws-cdk-lib';
import { BridgeStack } from './bridge-stack.ts';
import { bundleFunctions } from './bundle.ts';
import { readSettings, type Settings, SettingsError } from './settings.ts';

const app = new App();
const file: unknown = app.node.tryGetContext('settings') ?? process.env['BRIDGE_SETTINGS'];
if (file !== undefined && typeof file !== 'string') throw new Error('-c settings=FILE names one file');

const settings = settingsOf(file === '' ? undefined : file);
const region = settings.region ?? process.env['CDK_DEFAULT_REGION'];
const account = settings.account ?? process.env['CDK_DEFAULT_ACCOUNT'];

new BridgeStack(app, settings.stack, {
  description: 'SCIM 2.0 bridge to the Adobe Admin Console',
  settings,
  bundles: await bundleFunctions(),
  env: { ...(region === undefined ? {} : { region }), ...(account === undefined ? {} : { account }) },
});

/** A mistake in the file is said in its own words, without a stack. */
function settingsOf(path: string | undefined): Settings {
  try {
    return readSettings(path);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    console.error(error.message);
    process.exit(1);
  }
}
