import { describe, expect, test } from 'vitest';
import { AdobeConfig, ConfigError, readConfig, ScimConfig, variables } from '../../lambdas/config.ts';

describe('the environment of a function', () => {
  test('becomes a typed configuration with defaults', () => {
    const config = readConfig(AdobeConfig, {
      [variables.table]: 'bridge',
      [variables.orgKey]: 'main',
      [variables.adobeSecret]: 'arn:secret',
      UNRELATED: 'x',
    });
    expect(config).toEqual({
      table: 'bridge',
      orgKey: 'main',
      adobeSecret: 'arn:secret',
      adobeUrl: 'https://usermanagement.adobe.io/v2/usermanagement',
      imsUrl: 'https://ims-na1.adobelogin.com',
      logLevel: 'info',
    });
  });

  test('an error names every variable that is missing or malformed, and no value', () => {
    const read = () => readConfig(AdobeConfig, { [variables.table]: '', [variables.orgKey]: 'My Org!' });
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(/BRIDGE_TABLE is not set.*BRIDGE_ORG: use up to 32.*BRIDGE_ADOBE_SECRET is not set/);
    expect(read).not.toThrow(/My Org/);
  });

  test('the public address loses its last slash', () => {
    const environment = {
      [variables.table]: 't',
      [variables.pepperSecret]: 'p',
      [variables.scimBaseUrl]: 'https://scim.example.com/v2/',
    };
    expect(readConfig(ScimConfig, environment).scimBaseUrl).toBe('https://scim.example.com/v2');
  });
});
