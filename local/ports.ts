/** Where the local DynamoDB listens, if nothing else does. */
export const DYNAMODB_PORT = 8000
