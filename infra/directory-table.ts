/**
 * The table of `table-definition.ts` as AWS resource, protected against every way of losing it: recovery to any second
 * of the last 35 days, no deletion by mistake, kept when the stack goes.
 */
import { RemovalPolicy } from 'aws-cdk-lib';
import {
  AttributeType,
  Billing,
  ProjectionType,
  StreamViewType,
  TableEncryptionV2,
  TableV2,
} from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { tableDefinition } from './table-definition.ts';

const { partitionKey, sortKey, indexes, timeToLiveAttribute } = tableDefinition;
const text = (name: string) => ({ name, type: AttributeType.STRING });

/**
 * Item by item only: nothing here scans, and nothing changes the table itself. A transaction needs no right of its own.
 * The table tells its id, by which a restored copy is known (design.md section 6).
 */
const itemActions = [
  'dynamodb:BatchGetItem',
  'dynamodb:ConditionCheckItem',
  'dynamodb:DeleteItem',
  'dynamodb:DescribeTable',
  'dynamodb:GetItem',
  'dynamodb:PutItem',
  'dynamodb:Query',
  'dynamodb:UpdateItem',
];

export class DirectoryTable extends Construct {
  readonly table: TableV2;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.table = new TableV2(this, 'Table', {
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
      encryption: TableEncryptionV2.awsManagedKey(),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }

  grantItems(to: IFunction): void {
    to.addToRolePolicy(
      new PolicyStatement({
        actions: itemActions,
        resources: [
          this.table.tableArn,
          ...indexes.map((index) => `${this.table.tableArn}/index/${index.name}`),
        ],
      }),
    );
  }
}
