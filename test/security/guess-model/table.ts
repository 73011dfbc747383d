import type { AwsCall } from '../../../lib/aws/client.ts'

/** What `UpdateItem` and `BatchGetItem` see of an item. */
interface Item {
  [name: string]: { S?: string; N?: string; BOOL?: boolean; SS?: string[]; M?: Item }
}

export interface Key {
  pk: { S: string }
  sk: { S: string }
}

export interface UpdateInput {
  Key: Key
  UpdateExpression: string
  ConditionExpression?: string
  ExpressionAttributeValues: Record<string, { S?: string; N?: string; SS?: string[] }>
  ReturnValues?: string
}

/** The response of DynamoDB to a write whose condition does not hold. */
export const REFUSED = Symbol('ConditionalCheckFailedException')

export type Output = Record<string, unknown> | typeof REFUSED

/**
 * Creates a table in this process that knows the calls of an attempt, and no others. `test/security/guess-model.test.ts`
 * holds it to the rows that DynamoDB is held to.
 */
export function createTable() {
  const items = new Map<string, Item>()
  const idOf = ({ pk, sk }: Item | Key) => `${pk?.S} ${sk?.S}`

  function update({ Key, ...input }: UpdateInput): Output {
    const item = items.get(idOf(Key))
    if (!holds(input.ConditionExpression, item, input.ExpressionAttributeValues)) return REFUSED
    const after = { ...Key, ...updated(item ?? {}, input) }
    items.set(idOf(Key), after)
    if (input.ReturnValues !== 'UPDATED_NEW') return {}
    const { pk, sk, ...Attributes } = after
    return { Attributes }
  }

  return {
    put: (item: Item): void => void items.set(idOf(item), item),
    item: (key: Key): Item | undefined => items.get(idOf(key)),
    /** Makes one call of DynamoDB. */
    call(...[, operation, input]: Parameters<AwsCall>): Output {
      if (operation === 'UpdateItem') return update(input as UpdateInput)
      if (operation !== 'BatchGetItem') throw new Error(`the model does not know ${operation}`)
      const { RequestItems } = input as { RequestItems: Record<string, { Keys: Key[] }> }
      const found = Object.entries(RequestItems).map(([name, { Keys }]) => [
        name,
        Keys.flatMap((key) => items.get(idOf(key)) ?? []),
      ])
      return { Responses: Object.fromEntries(found) }
    },
  }
}

function holds(
  condition: string | undefined,
  item: Item | undefined,
  values: UpdateInput['ExpressionAttributeValues'],
) {
  const ids = item?.ids?.SS ?? []
  switch (condition) {
    case undefined:
      return true
    case 'attribute_exists(pk)':
      return item !== undefined
    case 'attribute_not_exists(ids) OR size(ids) < :max OR contains(ids, :id)':
      return ids.length < Number(values[':max']?.N) || ids.includes(String(values[':id']?.S))
    default:
      throw new Error(`the model does not know ${condition}`)
  }
}

function updated(
  item: Item,
  { UpdateExpression, ExpressionAttributeValues: values }: Omit<UpdateInput, 'Key'>,
): Item {
  const ids = item.ids?.SS ?? []
  const own = values[':ids']?.SS ?? []
  switch (UpdateExpression) {
    case 'ADD ids :ids SET expiresAt = :endsAt':
      return {
        ...item,
        ids: { SS: [...new Set([...ids, ...own])] },
        expiresAt: { N: String(values[':endsAt']?.N) },
      }
    case 'DELETE ids :ids': {
      const left = ids.filter((id) => !own.includes(id))
      const { ids: _, ...rest } = item
      return left.length === 0 ? rest : { ...item, ids: { SS: left } }
    }
    case 'SET expiresAt = :expiresAt, ownerId = :ownerId':
      return {
        ...item,
        expiresAt: { N: String(values[':expiresAt']?.N) },
        ownerId: { S: String(Object(values[':ownerId']).S) },
      }
    default:
      throw new Error(`the model does not know ${UpdateExpression}`)
  }
}
