/**
 * The two secrets, kept when the stack goes: the pepper, which AWS generates and nobody needs to know, and the Adobe
 * credential, which is stored by hand and is empty until then. No value is ever in the template or the environment.
 */
import { RemovalPolicy } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import type { BridgeFunction } from './bridge-function.ts';

export interface SecretsProps {
  readonly key?: IKey | undefined;
}

export class Secrets extends Construct {
  readonly pepper: Secret;
  readonly credential: Secret;

  constructor(scope: Construct, { key }: SecretsProps) {
    // The secrets stand beside the other parts of the stack, under the names that they had in the first release.
    super(scope, 'Secrets');
    const encrypted = key === undefined ? {} : { encryptionKey: key };
    this.pepper = new Secret(scope, 'TokenPepper', {
      description: 'Key of the hashes of bearer tokens. Losing it makes every token invalid.',
      generateSecretString: { passwordLength: 64, excludePunctuation: true },
      removalPolicy: RemovalPolicy.RETAIN,
      ...encrypted,
    });
    acknowledge(this.pepper, {
      'AwsSolutions-SMG4':
        'It keys the hashes of all tokens: a new value would end every one of them at once. Tokens end by themselves after a year at most.',
    });
    this.credential = new Secret(scope, 'AdobeCredential', {
      description: 'Adobe OAuth server-to-server credential: { "orgId", "clientId", "clientSecret" }',
      removalPolicy: RemovalPolicy.RETAIN,
      ...encrypted,
    });
    acknowledge(this.credential, {
      'AwsSolutions-SMG4':
        'Only an administrator can make a new client secret, in the Adobe Developer Console. The runbook says how to rotate with two valid secrets.',
    });
  }

  /** One action on one secret; describing or listing is not needed. */
  grantRead(secret: Secret, to: BridgeFunction): void {
    to.allow(['secretsmanager:GetSecretValue'], [secret.secretArn]);
  }
}
