import { type AwsCall, awsErrorType } from './aws.ts'
import { ServiceError } from './problems.ts'
import { isRole, isUsername, type User } from './users.ts'

/** A DynamoDB attribute value, of the types this service stores. */
type Attribute = { S: string } | { BOOL: boolean }

const profileKey = (username: string) => ({ pk: { S: `user#${username}` }, sk: { S: 'profile' } })

/**
 * Finds a user, as of this moment.
 *
 * @param username - As stored, in lower case.
 * @param deadlineMs - Epoch milliseconds.
 * @returns The user, or `undefined` if there is none.
 * @throws {@link ServiceError} `unavailable` if the store is, or holds something that is no user.
 */
export async function findUser(
  aws: AwsCall,
  table: string,
  username: string,
  deadlineMs: number,
): Promise<User | undefined> {
  const input = { TableName: table, Key: profileKey(username), ConsistentRead: true }
  const { Item } = await aws('dynamodb', 'GetItem', input, deadlineMs)
  return Item === undefined ? undefined : userOf(Object(Item))
}

/**
 * Adds a user, if the name is free.
 *
 * @param deadlineMs - Epoch milliseconds.
 * @returns Whether the name was free.
 */
export async function addUser(aws: AwsCall, table: string, user: User, deadlineMs: number): Promise<boolean> {
  const { username, role, passwordHash, disabled, createdAt, changedAt } = user
  const Item: Record<string, Attribute> = {
    ...profileKey(username),
    role: { S: role },
    passwordHash: { S: passwordHash },
    disabled: { BOOL: disabled },
    createdAt: { S: createdAt },
    changedAt: { S: changedAt },
  }
  const input = { TableName: table, Item, ConditionExpression: 'attribute_not_exists(pk)' }
  try {
    await aws('dynamodb', 'PutItem', input, deadlineMs)
    return true
  } catch (error) {
    if (awsErrorType(error) === 'ConditionalCheckFailedException') return false
    throw error
  }
}

function userOf(item: Record<string, unknown>): User {
  const username = string(item.pk)?.replace(/^user#/, '')
  const role = string(item.role)
  const passwordHash = string(item.passwordHash)
  const disabled = (item.disabled as { BOOL?: unknown } | undefined)?.BOOL
  const createdAt = string(item.createdAt)
  const changedAt = string(item.changedAt)
  if (
    !isUsername(username) ||
    !isRole(role) ||
    passwordHash === undefined ||
    typeof disabled !== 'boolean' ||
    createdAt === undefined ||
    changedAt === undefined
  ) {
    throw new ServiceError('unavailable', 'the store holds a profile that is none')
  }
  return { username, role, passwordHash, disabled, createdAt, changedAt }
}

function string(attribute: unknown): string | undefined {
  const value = (attribute as { S?: unknown } | undefined)?.S
  return typeof value === 'string' ? value : undefined
}
