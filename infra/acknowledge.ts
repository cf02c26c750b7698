/** A finding of cdk-nag that stays, with the reason beside the construct that it is about. */
import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** Rule to reason. */
export function acknowledge(construct: IConstruct, reasons: Readonly<Record<string, string>>): void {
  for (const [id, reason] of Object.entries(reasons)) Validations.of(construct).acknowledge({ id, reason });
}
