/**
 * A log group that keeps its lines for a known time and masks what should never have reached it. The log masks by
 * itself (`lambdas/log.ts`); this is the second net, under lines that the runtime or a crash wrote.
 */
import { RemovalPolicy } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { CustomDataIdentifier, DataIdentifier, DataProtectionPolicy, LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

export interface KeptLogProps {
  readonly days: number;
  readonly key?: IKey | undefined;
}

export function keptLog(scope: Construct, id: string, { days, key }: KeptLogProps): LogGroup {
  return new LogGroup(scope, id, {
    // The settings allow only the numbers that CloudWatch Logs knows, which are the values of CDK's enumeration.
    retention: days,
    removalPolicy: RemovalPolicy.DESTROY,
    ...(key === undefined ? {} : { encryptionKey: key }),
    dataProtectionPolicy: new DataProtectionPolicy({
      identifiers: [
        DataIdentifier.EMAILADDRESS,
        new CustomDataIdentifier('BridgeToken', 'scim[abc]_[A-Za-z0-9_-]{20}'),
        new CustomDataIdentifier('AdobeSecret', 'p8e-[A-Za-z0-9_-]{20}'),
      ],
    }),
  });
}
