import type { Attempt } from '../aws/gate.ts'
import { isWrite, type Move } from './schedule.ts'

/** Whether the outcome may depend on which of two moves comes first. What an operation sends next depends on its own. */
export function areDependent(one: Move, other: Move): boolean {
  if (one.by === other.by || one.attempt === undefined || other.attempt === undefined) return true
  if (!isWrite(one.attempt) && !isWrite(other.attempt)) return false
  const others = itemsOf(other.attempt)
  return itemsOf(one.attempt).some((item) => others.some((another) => areEqual(item, another)))
}

interface Place {
  pk: string
  /** `undefined` for all of a partition. */
  sk: string | undefined
}

const areEqual = (one: Place, other: Place) =>
  one.pk === other.pk && (one.sk === undefined || other.sk === undefined || one.sk === other.sk)

/** Returns the items that a request reads or writes. */
function itemsOf({ operation, input }: Attempt): Place[] {
  // An event for the mailer.
  if (operation.startsWith('/')) return []
  if (operation === 'Query') return [{ pk: input.ExpressionAttributeValues[':pk'].S, sk: undefined }]
  if (operation === 'BatchGetItem') {
    return Object.values(input.RequestItems).flatMap((request) => Object(request).Keys.map(placeOf))
  }
  const writes: Attempt['input'][] =
    operation === 'TransactWriteItems' ? input.TransactItems.flatMap(Object.values) : [input]
  return writes.map(({ Key, Item }) => placeOf(Key ?? Item))
}

const placeOf = ({ pk, sk }: Attempt['input']): Place => ({ pk: pk.S, sk: sk.S })
