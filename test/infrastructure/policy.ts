import { isDeepStrictEqual } from 'node:util'
import { arnOf, ownArn, type Statement } from '../../lib/aws/access.ts'
import { resourcesOf, type ServiceDescription } from '../support/process/service-description.ts'
import { CONDITION_KEYS } from './condition-keys.ts'

/** A call of AWS, as it was sent. */
export interface Call {
  /** As the header `X-Amz-Target` names it; `undefined` for services whose paths name it. */
  operation: string
  path: string
  body: string
}

/** What a call does to AWS, as a policy sees it: the values of each condition key. */
export interface Access {
  action: string
  context: Record<string, string[]>
  /** The resource, as a statement names it. */
  resource: unknown
}

interface Expressions {
  ExpressionAttributeNames?: Record<string, string>
  ExpressionAttributeValues?: Record<string, { S?: string }>
  UpdateExpression?: string
  ConditionExpression?: string
  ProjectionExpression?: string
  KeyConditionExpression?: string
}

interface Input extends Expressions {
  TableName?: string
  IndexName?: string
  Key?: Record<string, { S?: string }>
  Item?: Record<string, { S?: string }>
  Keys?: Record<string, { S?: string }>[]
  ReturnValues?: string
  Select?: string
}

const READS = ['GetItem', 'BatchGetItem', 'Query']
/** Words of expressions that are no attributes. */
const SYNTAX =
  /^(SET|REMOVE|ADD|DELETE|AND|OR|NOT|IN|size|contains|begins_with|BETWEEN|(if_not|attribute(_not)?)_exists)$/

/** Returns the accesses of a call of DynamoDB. A transaction is one access for each of its writes. */
function accessesOf(operation: string, body: string): Access[] {
  const { TransactItems, RequestItems, ...input } = JSON.parse(body)
  if (TransactItems !== undefined) {
    return TransactItems.flatMap((write: Record<string, Input>) =>
      Object.entries(write).map(([kind, part]) => accessOf(`${kind}Item`, part, operation)),
    )
  }
  const parts: Input[] =
    RequestItems === undefined
      ? [input]
      : Object.entries(RequestItems).map(([TableName, part]) => ({ TableName, ...Object(part) }))
  return parts.map((part) => accessOf(operation, part))
}

/** Returns a reader of the access of a call of KMS, which finds the key of an alias among the resources of a service. */
export function kmsAccessOf(service: ServiceDescription) {
  const aliases = Object.values(resourcesOf(service)).filter(({ Type }) => Type === 'AWS::KMS::Alias')
  return (operation: string, body: string): Access => {
    const { KeyId, SigningAlgorithm, EncryptionContext } = JSON.parse(body)
    const alias = aliases.find(({ Properties }) => Properties.AliasName === KeyId)
    return {
      action: `kms:${operation}`,
      resource: arnOf(String(Object(alias?.Properties.TargetKeyId).Ref)),
      context: {
        ...(SigningAlgorithm !== undefined && { 'kms:SigningAlgorithm': [SigningAlgorithm] }),
        ...(EncryptionContext !== undefined && {
          'kms:EncryptionContextKeys': Object.keys(EncryptionContext),
        }),
      },
    }
  }
}

/** Returns the access of an invocation. Its path names the function. */
function lambdaAccess(path: string): Access {
  const [, name] = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(path) ?? []
  return { action: 'lambda:InvokeFunction', resource: ownArn('lambda', `function:${name}`), context: {} }
}

/** Returns the access of a mail. AWS does not say whose identity it checks, so the role has all of them. */
function sesAccess(body: string): Access {
  const [, address = ''] = /<(.+)>$/.exec(JSON.parse(body).FromEmailAddress) ?? []
  const resource = ownArn('ses', 'identity/*')
  return { action: 'ses:SendEmail', resource, context: { 'ses:FromAddress': [address] } }
}

/** Returns a reader of the accesses of any call. */
export function accessReader(service: ServiceDescription) {
  const kmsAccess = kmsAccessOf(service)
  return ({ operation, path, body }: Call): Access[] => {
    if (path.startsWith('/v2/email/')) return [sesAccess(body)]
    if (path !== '/') return [lambdaAccess(path)]
    const isOfKeys = ['GetPublicKey', 'Sign', 'Encrypt', 'Decrypt'].includes(operation)
    return isOfKeys ? [kmsAccess(operation, body)] : accessesOf(operation, body)
  }
}

function accessOf(operation: string, input: Input, enclosing?: string): Access {
  const { Key, Item, Keys = [], ReturnValues } = input
  const items = [...Keys, ...(Key ? [Key] : []), ...(Item ? [Item] : [])]
  const action = `dynamodb:${operation}`
  return {
    action,
    resource: resourceOf(input),
    context: listedFor(action, {
      'dynamodb:LeadingKeys': [...items.map(({ pk }) => String(pk?.S)), ...queriedKey(input)],
      'dynamodb:Attributes': [...new Set([...items.flatMap(Object.keys), ...namesIn(input)])],
      ...(READS.includes(operation) && { 'dynamodb:Select': [selectOf(operation, input)] }),
      ...(ReturnValues && { 'dynamodb:ReturnValues': [ReturnValues] }),
      ...(enclosing && { 'dynamodb:EnclosingOperation': [enclosing] }),
    }),
  }
}

/** Returns the table or the index of an access, as a statement names it. */
const resourceOf = ({ TableName, IndexName }: Input): unknown =>
  IndexName === undefined
    ? arnOf(TableName?.endsWith('-events') ? 'Events' : 'Table')
    : { 'Fn::Sub': `\${Table.Arn}/index/${IndexName}` }

/** Returns the values of those keys that AWS lists for an action. A policy may see no others. */
const listedFor = (action: string, context: Access['context']): Access['context'] =>
  Object.fromEntries(Object.entries(context).filter(([key]) => CONDITION_KEYS[action]?.includes(key)))

/**
 * Returns what a read selects. The documents of AWS do not say whether a policy sees a query without `Select` as
 * `SPECIFIC_ATTRIBUTES` if it has a projection, so a query must say it. The other reads have no such parameter.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
 */
function selectOf(operation: string, { Select, ProjectionExpression }: Input): string {
  if (operation === 'Query') return Select ?? 'ALL_ATTRIBUTES'
  return ProjectionExpression === undefined ? 'ALL_ATTRIBUTES' : 'SPECIFIC_ATTRIBUTES'
}

/**
 * Returns an access as a policy sees it if AWS does not count keys among the attributes that a request names. Its documents do not
 * say whether it does.
 */
export function withoutKeys(access: Access): Access {
  const { 'dynamodb:Attributes': attributes, ...context } = access.context
  if (attributes === undefined) return access
  const others = attributes.filter((name) => !['pk', 'sk'].includes(name))
  return { ...access, context: { ...context, ...(others.length > 0 && { 'dynamodb:Attributes': others }) } }
}

function queriedKey({ KeyConditionExpression, ExpressionAttributeValues = {} }: Expressions): string[] {
  const [, name = ''] = /^\S+ = (:\w+)/.exec(KeyConditionExpression ?? '') ?? []
  return name === '' ? [] : [String(ExpressionAttributeValues[name]?.S)]
}

function namesIn(input: Expressions): string[] {
  const { ExpressionAttributeNames = {} } = input
  const expressions = [
    input.UpdateExpression,
    input.ConditionExpression,
    input.ProjectionExpression,
    input.KeyConditionExpression,
  ]
  return expressions
    .flatMap((expression = '') => expression.match(/(?<![:\w#])#?[a-zA-Z_]\w*/g) ?? [])
    .filter((word) => !SYNTAX.test(word))
    .map((word) => ExpressionAttributeNames[word] ?? word)
}

/** Whether a statement of a policy allows an access. */
export function allows(
  { Action, Resource, Condition = {} }: Statement,
  { action, resource, context }: Access,
): boolean {
  return (
    Action.includes(action) &&
    Resource.some((one) => isDeepStrictEqual(one, resource)) &&
    Object.entries(Condition as Record<string, Record<string, string | string[]>>).every(([operator, keys]) =>
      Object.entries(keys).every(([key, allowed]) => holds(operator, [allowed].flat(), context[key] ?? [])),
    )
  )
}

/** Evaluates a condition of a policy by the rules of IAM. Supports the operators that this service uses. */
function holds(operator: string, allowed: string[], values: string[]): boolean {
  switch (operator) {
    case 'ForAllValues:StringLike':
      return values.every((value) => allowed.some((pattern) => value.startsWith(pattern.replace(/\*$/, ''))))
    case 'ForAllValues:StringEquals':
    case 'StringEqualsIfExists':
      return values.every((value) => allowed.includes(value))
    case 'ForAnyValue:StringEquals':
    case 'StringEquals':
      return values.some((value) => allowed.includes(value))
    case 'Null':
      return allowed.includes(String(values.length === 0))
    default:
      throw new TypeError(`unsupported operator: ${operator}`)
  }
}
