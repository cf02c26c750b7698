/**
 * A key of the customer's own for table, secrets and logs, with rotation, kept when the stack goes: without it the kept
 * table could not be read. Functions may use it through DynamoDB and Secrets Manager only.
 */
import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { BridgeFunction } from './bridge-function.ts';

export class CustomerKey extends Construct {
  readonly key: Key;

  constructor(scope: Construct) {
    super(scope, 'CustomerKey');
    this.key = new Key(this, 'Key', {
      description: 'Encrypts what the SCIM bridge to Adobe stores',
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    const { region, account, urlSuffix, partition } = Stack.of(this);
    this.key.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal(`logs.${region}.${urlSuffix}`)],
        actions: [
          'kms:Decrypt',
          'kms:DescribeKey',
          'kms:Encrypt',
          'kms:GenerateDataKey',
          'kms:ReEncryptFrom',
          'kms:ReEncryptTo',
        ],
        // In the policy of a key this means the key.
        resources: ['*'],
        conditions: {
          ArnLike: {
            'kms:EncryptionContext:aws:logs:arn': `arn:${partition}:logs:${region}:${account}:log-group:*`,
          },
        },
      }),
    );
  }

  grant(to: BridgeFunction): void {
    const { region, urlSuffix } = Stack.of(this);
    to.allow(['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey'], [this.key.keyArn], {
      StringEquals: {
        'kms:ViaService': [`dynamodb.${region}.${urlSuffix}`, `secretsmanager.${region}.${urlSuffix}`],
      },
    });
  }
}
