/**
 * How people hear of outcomes: the answer of each nightly run goes to the account's event bus, where your own rules may
 * pick it up, and the lines of the daily digest go on to a topic that mails them. At least once a day while something
 * stands; ids of outcomes stay the same, so whoever listens can tell new from old.
 */
import { EventField, Match, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { SnsTopic } from 'aws-cdk-lib/aws-events-targets';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import type { BridgeFunction } from './bridge-function.ts';

export interface TellingProps {
  readonly reconcile: BridgeFunction;
  /** Who gets the digest. Absent: add subscriptions to the topic later. */
  readonly address?: string | undefined;
}

/** The digest has never more: a heading, five kinds of people, ten concerns, a last line. */
export const MOST_LINES = 17;

export class Telling extends Construct {
  readonly topic: Topic;

  constructor(scope: Construct, id: string, { reconcile, address }: TellingProps) {
    super(scope, id);
    this.topic = new Topic(this, 'Digest', { displayName: 'Adobe SCIM bridge, daily', enforceSSL: true });
    if (address !== undefined) this.topic.addSubscription(new EmailSubscription(address));
    const line = (at: number) =>
      EventField.fromPath(`$.detail.responsePayload.digest.line${String(at + 1).padStart(2, '0')}`);
    new Rule(this, 'Daily', {
      description: 'The digest of the bridge, by mail',
      eventPattern: {
        source: ['lambda'],
        detailType: ['Lambda Function Invocation Result - Success'],
        resources: Match.prefix(reconcile.functionArn),
        detail: { responsePayload: { digest: { line01: [{ exists: true }] } } },
      },
      targets: [
        new SnsTopic(this.topic, {
          message: RuleTargetInput.fromMultilineText(
            Array.from({ length: MOST_LINES }, (_, at) => line(at)).join('\n'),
          ),
        }),
      ],
    });
  }
}
