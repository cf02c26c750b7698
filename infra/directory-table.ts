/**
 * The table of `table-definition.ts` as AWS resource, protected against every way of losing it: recovery to any second
 * of the last 35 days, no deletion by mistake, kept when the stack goes. Who may touch which items comes from
 * `rights.ts`.
 */
import { CfnResource, RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import {
  AttributeType,
  Billing,
  type ITableV2,
  ProjectionType,
  StreamViewType,
  TableEncryptionV2,
  TableV2,
} from 'aws-cdk-lib/aws-dynamodb';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import type { BridgeFunction } from './bridge-function.ts';
import { type Holder, type Names, rightsOf, statementsFor } from './rights.ts';
import { tableDefinition } from './table-definition.ts';

const { partitionKey, sortKey, indexes, timeToLiveAttribute } = tableDefinition;
const text = (name: string) => ({ name, type: AttributeType.STRING });

export interface DirectoryTableProps {
  /** A restored table to work with instead; the stack's own stays as it is, for evidence (docs/operations.md). */
  readonly restored?: { readonly name: string; readonly stream: string } | undefined;
  /** A key of the customer; absent = one that AWS owns. */
  readonly key?: IKey | undefined;
}

export class DirectoryTable extends Construct {
  readonly table: ITableV2;

  constructor(scope: Construct, id: string, { key, restored }: DirectoryTableProps) {
    super(scope, id);
    const own = new TableV2(this, 'Table', {
      partitionKey: text(partitionKey),
      sortKey: text(sortKey),
      billing: Billing.onDemand(),
      globalSecondaryIndexes: indexes.map((index) => ({
        indexName: index.name,
        partitionKey: text(index.partitionKey),
        sortKey: text(index.sortKey),
        projectionType: ProjectionType[index.projection],
      })),
      timeToLiveAttribute,
      dynamoStream: StreamViewType.NEW_IMAGE,
      encryption:
        key === undefined ? TableEncryptionV2.dynamoOwnedKey() : TableEncryptionV2.customerManagedKey(key),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.table =
      restored === undefined
        ? own
        : TableV2.fromTableAttributes(this, 'Restored', {
            tableName: restored.name,
            tableStreamArn: restored.stream,
          });
  }

  /** Lets a function do what `rights.ts` says of it, and nothing else. */
  grant(to: BridgeFunction, holder: Holder, names: Names): void {
    const { tableArn } = this.table;
    const { index, tableId } = rightsOf[holder];
    for (const { action, keys } of statementsFor(holder, names)) {
      to.allow([`dynamodb:${action}`], [tableArn], {
        'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': keys },
        // "For all values" also holds where there are none.
        Null: { 'dynamodb:LeadingKeys': 'false' },
      });
    }
    if (index)
      to.allow(
        ['dynamodb:Query'],
        indexes.map((one) => `${tableArn}/index/${one.name}`),
      );
    if (tableId) to.allow(['dynamodb:DescribeTable'], [tableArn]);
  }

  /** Lets a function be woken by the stream. */
  grantStream(to: BridgeFunction): string {
    const stream = this.table.tableStreamArn;
    if (stream === undefined) throw new Error('the table has no stream');
    to.allow(['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'], [stream]);
    // Every stream of this table: Lambda looks for the stream by its table before it reads one.
    to.allow(['dynamodb:ListStreams'], [`${this.table.tableArn}/stream/*`]);
    acknowledge(to.role ?? to, {
      [`AwsSolutions-IAM5[Resource::${this.#writtenArn()}/stream/*]`]:
        'Lambda lists the streams of the table before it reads one. The name of a stream holds the time at which it was made, so it cannot be written down.',
    });
    return stream;
  }

  /** As cdk-nag writes it. */
  #writtenArn(): string {
    const resource = this.table.node.defaultChild;
    if (resource instanceof CfnResource) return `<${Stack.of(this).resolve(resource.logicalId)}.Arn>`;
    const { partition, region, account } = Stack.of(this);
    const parts = [partition, region, account].map((part) =>
      Token.isUnresolved(part) ? `<${Stack.of(this).resolve(part).Ref}>` : part,
    );
    return `arn:${parts[0]}:dynamodb:${parts[1]}:${parts[2]}:table/${this.table.tableName}`;
  }
}
