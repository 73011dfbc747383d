import type { WrittenStatement } from './reach.ts'

const allow = (service: string, names: string): WrittenStatement => ({
  Effect: 'Allow',
  Action: names.split(' ').map((name) => `${service}:${name}`),
  Resource: '*',
})

const LAMBDA_LOGS = 'arn:aws:logs:*:*:log-group:/aws/lambda/*'

/**
 * What policies of AWS allow that reaches tables, keys, queues, log groups or functions of others, by their names. What a policy allows
 * beyond is left out. https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
 */
export const MANAGED: Record<string, readonly WrittenStatement[]> = {
  AdministratorAccess: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
  PowerUserAccess: [{ Effect: 'Allow', NotAction: ['iam:*', 'organizations:*', 'account:*'], Resource: '*' }],
  ReadOnlyAccess: [
    allow('dynamodb', 'BatchGet* Get* Query Scan PartiQLSelect'),
    allow('logs', 'Get* FilterLogEvents StartQuery'),
  ],
  DatabaseAdministrator: [allow('dynamodb', '*')],
  DataScientist: [allow('dynamodb', '*')],
  AmazonDynamoDBFullAccess: [allow('dynamodb', '*')],
  AmazonDynamoDBFullAccess_v2: [allow('dynamodb', '*')],
  AmazonDynamoDBFullAccesswithDataPipeline: [allow('dynamodb', '*')],
  AmazonDynamoDBReadOnlyAccess: [allow('dynamodb', 'BatchGetItem GetItem Query Scan PartiQLSelect')],
  AWSKeyManagementServicePowerUser: [allow('kms', 'CreateAlias CreateKey DeleteAlias')],
  CloudWatchLogsFullAccess: [allow('logs', '*')],
  CloudWatchFullAccess: [allow('logs', '*')],
  CloudWatchFullAccessV2: [allow('logs', '*')],
  CloudWatchLogsReadOnlyAccess: [allow('logs', 'Get* FilterLogEvents StartQuery StartLiveTail')],
  CloudWatchReadOnlyAccess: [allow('logs', 'Get* FilterLogEvents StartQuery')],
  AmazonSQSFullAccess: [allow('sqs', '*')],
  AWSLambda_FullAccess: [
    allow('lambda', '*'),
    { Effect: 'Allow', Action: ['logs:GetLogEvents', 'logs:FilterLogEvents'], Resource: LAMBDA_LOGS },
  ],
  AWSLambdaExecute: [{ Effect: 'Allow', Action: 'logs:*', Resource: 'arn:aws:logs:*:*:*' }],
  'AWSLambdaInvocation-DynamoDB': [allow('lambda', 'InvokeFunction')],
  AWSLambdaRole: [allow('lambda', 'InvokeFunction')],
  AWSLambdaSQSQueueExecutionRole: [allow('sqs', 'ReceiveMessage DeleteMessage')],
}
