const OF_WRITES = [
  'Attributes',
  'EnclosingOperation',
  'LeadingKeys',
  'ReturnConsumedCapacity',
  'ReturnValues',
]

/**
 * The condition keys that AWS lists for each action that functions may use, without those of all services. Only keys of KMS that
 * depend on a request are here.
 *
 * From the Service Authorization Reference, as of 2026-09-26.
 *
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_awskeymanagementservice.html
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncognitouserpools.html
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsimpleemailservicev2.html
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsqs.html
 */
export const CONDITION_KEYS: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  Object.entries({
    'dynamodb:BatchGetItem': ['Attributes', 'LeadingKeys', 'ReturnConsumedCapacity', 'Select'],
    'dynamodb:ConditionCheckItem': ['Attributes', 'LeadingKeys', 'ReturnConsumedCapacity', 'ReturnValues'],
    'dynamodb:DeleteItem': OF_WRITES,
    'dynamodb:GetItem': [
      'Attributes',
      'EnclosingOperation',
      'LeadingKeys',
      'ReturnConsumedCapacity',
      'Select',
    ],
    'dynamodb:PutItem': OF_WRITES,
    'dynamodb:Query': ['Attributes', 'LeadingKeys', 'ReturnConsumedCapacity', 'ReturnValues', 'Select'],
    'dynamodb:UpdateItem': OF_WRITES,
    'cognito-idp:AdminInitiateAuth': [],
    'kms:Decrypt': [
      'EncryptionAlgorithm',
      // AWS lists it as kms:EncryptionContext:context-key.
      'EncryptionContext:passwords',
      'EncryptionContextKeys',
      'RequestAlias',
    ],
    'kms:Encrypt': ['EncryptionAlgorithm', 'EncryptionContextKeys', 'RequestAlias'],
    'kms:GetPublicKey': ['RequestAlias'],
    'kms:Sign': ['MessageType', 'RequestAlias', 'SigningAlgorithm'],
    'lambda:InvokeFunction': ['EventSourceToken', 'InvokedViaFunctionUrl'],
    'ses:SendEmail': ['FeedbackAddress', 'FromAddress', 'FromDisplayName', 'Recipients'],
    'sqs:SendMessage': [],
  }).map(([action, keys]) => [action, keys.map((key) => `${action.replace(/:.*/, '')}:${key}`)]),
)
