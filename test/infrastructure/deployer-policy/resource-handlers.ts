/** What CloudFormation calls for a type of resources, in the name of the deployer. */
interface Handlers {
  /** Permissions of the handlers that create, read, update and delete a resource. */
  permissions: string[]
  /** Properties whose permissions are left out, because no resource of the service has them. */
  without?: string[]
}

const gateway = (...more: string[]): Handlers => ({
  permissions: [...['DELETE', 'GET', 'PATCH', 'POST', 'PUT'].map((verb) => `apigateway:${verb}`), ...more],
})

/**
 * The `permissions` of each handler in CloudFormation's resource schemas, as `aws cloudformation describe-type` prints them
 * (https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html#schema-properties-handlers). Those of
 * the handler `list` are left out: no stack operation calls it. Tags of the stack become tags of each resource that takes them.
 */
export const HANDLERS: Record<string, Handlers> = {
  'AWS::ApiGateway::Authorizer': gateway(),
  'AWS::ApiGateway::Deployment': gateway(),
  'AWS::ApiGateway::GatewayResponse': gateway(),
  'AWS::ApiGateway::Method': gateway(),
  'AWS::ApiGateway::Resource': gateway(),
  'AWS::ApiGateway::RestApi': { ...gateway('apigateway:UpdateRestApiPolicy'), without: ['BodyS3Location'] },
  // Tracing and custom domains make the role of the service
  // (https://docs.aws.amazon.com/apigateway/latest/developerguide/using-service-linked-roles.html).
  'AWS::ApiGateway::Stage': gateway('iam:CreateServiceLinkedRole'),
  'AWS::CloudWatch::Alarm': {
    permissions: [
      'cloudwatch:DeleteAlarms',
      'cloudwatch:DescribeAlarms',
      'cloudwatch:ListTagsForResource',
      'cloudwatch:PutMetricAlarm',
      'cloudwatch:TagResource',
      'cloudwatch:UntagResource',
    ],
  },
  'AWS::CloudWatch::Dashboard': {
    permissions: ['cloudwatch:DeleteDashboards', 'cloudwatch:GetDashboard', 'cloudwatch:PutDashboard'],
  },
  'AWS::DynamoDB::Table': {
    permissions: [
      'dynamodb:CreateTable',
      'dynamodb:DeleteResourcePolicy',
      'dynamodb:DeleteTable',
      'dynamodb:DescribeContinuousBackups',
      'dynamodb:DescribeContributorInsights',
      'dynamodb:DescribeKinesisStreamingDestination',
      'dynamodb:DescribeTable',
      'dynamodb:DescribeTimeToLive',
      'dynamodb:GetResourcePolicy',
      'dynamodb:ListTagsOfResource',
      'dynamodb:PutResourcePolicy',
      'dynamodb:TagResource',
      'dynamodb:UntagResource',
      'dynamodb:UpdateContinuousBackups',
      'dynamodb:UpdateTable',
      'dynamodb:UpdateTimeToLive',
    ],
    without: [
      'ContributorInsightsSpecification',
      'ImportSourceSpecification',
      'KinesisStreamSpecification',
      'SSESpecification',
    ],
  },
  'AWS::IAM::Role': {
    permissions: [
      'iam:CreateRole',
      'iam:DeleteRole',
      'iam:DeleteRolePolicy',
      'iam:GetRole',
      'iam:GetRolePolicy',
      'iam:ListAttachedRolePolicies',
      'iam:ListRolePolicies',
      'iam:PutRolePolicy',
      'iam:TagRole',
      'iam:UntagRole',
      'iam:UpdateAssumeRolePolicy',
      'iam:UpdateRole',
      'iam:UpdateRoleDescription',
    ],
    without: ['ManagedPolicyArns', 'PermissionsBoundary'],
  },
  'AWS::KMS::Alias': {
    permissions: ['kms:CreateAlias', 'kms:DeleteAlias', 'kms:ListAliases', 'kms:UpdateAlias'],
  },
  'AWS::KMS::Key': {
    permissions: [
      'kms:CreateKey',
      'kms:DescribeKey',
      'kms:DisableKey',
      'kms:DisableKeyRotation',
      'kms:EnableKey',
      'kms:EnableKeyRotation',
      'kms:GetKeyPolicy',
      'kms:GetKeyRotationStatus',
      'kms:ListResourceTags',
      'kms:PutKeyPolicy',
      'kms:ScheduleKeyDeletion',
      'kms:TagResource',
      'kms:UntagResource',
      'kms:UpdateKeyDescription',
    ],
  },
  'AWS::Lambda::EventInvokeConfig': {
    permissions: ['Put', 'Get', 'Update', 'Delete'].map((verb) => `lambda:${verb}FunctionEventInvokeConfig`),
  },
  'AWS::Lambda::Function': {
    permissions: [
      'iam:PassRole',
      'lambda:CreateFunction',
      'lambda:DeleteFunction',
      'lambda:DeleteFunctionConcurrency',
      'lambda:GetFunction',
      'lambda:GetFunctionCodeSigningConfig',
      'lambda:GetFunctionRecursionConfig',
      'lambda:GetRuntimeManagementConfig',
      'lambda:ListTags',
      'lambda:PutFunctionConcurrency',
      'lambda:TagResource',
      'lambda:UntagResource',
      'lambda:UpdateFunctionCode',
      'lambda:UpdateFunctionConfiguration',
      's3:GetObject',
    ],
    without: [
      'CodeSigningConfigArn',
      'FileSystemConfigs',
      'KmsKeyArn',
      'Layers',
      'RecursiveLoop',
      'RuntimeManagementConfig',
      'SnapStart',
      'VpcConfig',
    ],
  },
  'AWS::Lambda::Permission': {
    permissions: ['lambda:AddPermission', 'lambda:GetPolicy', 'lambda:RemovePermission'],
  },
  'AWS::Logs::LogGroup': {
    permissions: [
      'logs:CreateLogGroup',
      'logs:DeleteDataProtectionPolicy',
      'logs:DeleteLogGroup',
      'logs:DeleteRetentionPolicy',
      'logs:DescribeLogGroups',
      'logs:GetDataProtectionPolicy',
      'logs:ListTagsForResource',
      'logs:PutRetentionPolicy',
      'logs:TagResource',
      'logs:UntagResource',
    ],
    without: ['DataProtectionPolicy', 'KmsKeyId'],
  },
  'AWS::Logs::MetricFilter': {
    permissions: ['logs:DeleteMetricFilter', 'logs:DescribeMetricFilters', 'logs:PutMetricFilter'],
  },
  'AWS::S3::Bucket': {
    permissions: [
      's3:CreateBucket',
      's3:DeleteBucket',
      's3:GetAccelerateConfiguration',
      's3:GetAnalyticsConfiguration',
      's3:GetBucketAcl',
      's3:GetBucketCORS',
      's3:GetBucketLogging',
      's3:GetBucketNotification',
      's3:GetBucketObjectLockConfiguration',
      's3:GetBucketOwnershipControls',
      's3:GetBucketPublicAccessBlock',
      's3:GetBucketTagging',
      's3:GetBucketVersioning',
      's3:GetBucketWebsite',
      's3:GetEncryptionConfiguration',
      's3:GetIntelligentTieringConfiguration',
      's3:GetInventoryConfiguration',
      's3:GetLifecycleConfiguration',
      's3:GetMetricsConfiguration',
      's3:GetReplicationConfiguration',
      's3:ListBucket',
      's3:PutBucketTagging',
      's3:PutEncryptionConfiguration',
    ],
    without: [
      'AccelerateConfiguration',
      'AnalyticsConfigurations',
      'CorsConfiguration',
      'LifecycleConfiguration',
      'LoggingConfiguration',
      'NotificationConfiguration',
      'ObjectLockEnabled',
      'OwnershipControls',
      'PublicAccessBlockConfiguration',
      'ReplicationConfiguration',
      'VersioningConfiguration',
      'WebsiteConfiguration',
    ],
  },
  'AWS::S3::BucketPolicy': {
    permissions: ['s3:DeleteBucketPolicy', 's3:GetBucketPolicy', 's3:PutBucketPolicy'],
  },
  'AWS::Events::EventBus': {
    permissions: [
      'events:CreateEventBus',
      'events:DeleteEventBus',
      'events:DescribeEventBus',
      'events:ListTagsForResource',
      'events:PutPermission',
      'events:RemovePermission',
      'events:TagResource',
      'events:UntagResource',
      'events:UpdateEventBus',
    ],
    without: ['KmsKeyIdentifier', 'Policy'],
  },
  'AWS::Lambda::EventSourceMapping': {
    permissions: [
      'lambda:CreateEventSourceMapping',
      'lambda:DeleteEventSourceMapping',
      'lambda:GetEventSourceMapping',
      'lambda:ListTags',
      'lambda:TagResource',
      'lambda:UntagResource',
      'lambda:UpdateEventSourceMapping',
    ],
  },
  'AWS::SQS::QueuePolicy': { permissions: ['sqs:SetQueueAttributes'] },
  'AWS::SQS::Queue': {
    permissions: [
      'sqs:CreateQueue',
      'sqs:DeleteQueue',
      'sqs:GetQueueAttributes',
      'sqs:GetQueueUrl',
      'sqs:ListQueueTags',
      'sqs:SetQueueAttributes',
      'sqs:TagQueue',
      'sqs:UntagQueue',
    ],
  },
}
