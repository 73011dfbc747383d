import { always, isEnd, without, withoutEvents, writes } from '../../security/interleave/weaken.ts'
import type { Alter, Attempt } from '../../support/aws/gate.ts'
import type { Acts, Weakening } from '../../support/interleave/world.ts'
import type { ActName } from './acts.ts'

type Input = Attempt['input']

const weaken = (alter: Alter, acts: Acts<ActName>, tickMs = 0): Weakening<ActName> => ({
  alter,
  acts,
  tickMs,
})

/** Makes a condition of a transaction hold always, of items whose sort key begins like this. */
const withoutCheck =
  (sk: string): Alter =>
  (_, input) => {
    for (const { ConditionCheck } of input.TransactItems ?? []) {
      if (ConditionCheck?.Key.sk.S.startsWith(sk)) always(ConditionCheck)
    }
    return undefined
  }

/** Lets a write leave a generation as it was read. */
const sameGeneration = (write: Input) => {
  const values = write.ExpressionAttributeValues
  if (values[':generation']) values[':generation'] = values[':readGeneration'] ?? { N: '7' }
}

/** Replaces the random generation of a new item. */
const fixedGeneration = (write: Input) => {
  if (write.Item.generation) write.Item.generation = { N: '7' }
}

/**
 * Weakens the service by changing its requests on their way to AWS. Each takes one guard away.
 *
 * The condition of `replaceGrant` that a grant has not been ended is not here: a tombstone has no secret that it could have read.
 */
export const OAUTH_WEAKENINGS: Record<string, Weakening<ActName>> = {
  'spendingOf: not spent': weaken(
    writes('TransactUpdate', 'code', without(' AND attribute_not_exists(spentBy)')),
    ['exchange web', 'exchange web'],
  ),
  'sourcesUnchanged: the generation of the user': weaken(withoutCheck('profile'), [
    'exchange native',
    'disable user',
  ]),
  'sourcesUnchanged: the session is there and not ended': weaken(withoutCheck('session#'), [
    'exchange web',
    'sign out',
  ]),
  'endGrant: endedAt': weaken(
    writes('TransactUpdate', 'grant#', (write) => {
      if (isEnd(write)) write.UpdateExpression = 'SET lastUsedAt = if_not_exists(lastUsedAt, :now)'
    }),
    ['exchange native', 'exchange native'],
  ),
  'replaceGrant: the secret as read': weaken(
    writes('Update', 'grant#', (write) => {
      if ('#rotatedAtMs' in (write.ExpressionAttributeNames ?? {})) always(write)
    }),
    ['refresh native', '>', 'refresh native'],
    11_000,
  ),
  'approvalOf: no such app yet': weaken(writes('TransactPut', 'app#', always), [
    'first approval',
    'first approval',
  ]),
  'approvalOf: the app as read': weaken(writes('TransactUpdate', 'app#', always), [
    'approve web',
    'remove access',
  ]),
  'revokeApp: no scopes': weaken(
    writes('TransactUpdate', 'app#', (write) => {
      write.UpdateExpression = write.UpdateExpression.replace(' REMOVE scopes', '')
    }),
    ['remove access'],
  ),
  'revokeApp: another generation': weaken(
    writes('TransactUpdate', 'app#', ({ ExpressionAttributeValues: values }) => {
      if (values[':next']) values[':next'] = values[':generation']
    }),
    ['remove access'],
  ),
  'endGrantsOfSession: the ends of the grants': weaken(
    // As if it found none.
    (operation, input) => {
      if (operation !== 'Query' || !input.ExpressionAttributeValues[':pk']?.S.startsWith('grants#'))
        return undefined
      return { body: '{"Items":[]}' }
    },
    ['end session'],
  ),
  'endGrants: another generation': weaken(writes('TransactUpdate', 'client', sameGeneration), ['end-grants']),
  'disable: another generation and disabled': weaken(
    writes('TransactUpdate', 'client', (write) => {
      sameGeneration(write)
      if (write.ExpressionAttributeValues[':disabled'])
        write.ExpressionAttributeValues[':disabled'] = { BOOL: false }
    }),
    ['disable client'],
  ),
  'newClient: a random generation': weaken(writes('TransactPut', 'client', fixedGeneration), [
    'remove client',
    '>',
    'add client',
  ]),
  'the event of every change': weaken(withoutEvents, ['exchange native']),
  'transact: the request token': weaken(
    (_operation, input) => {
      delete input.ClientRequestToken
      return undefined
    },
    ['exchange web'],
  ),
}

/** The same for guards that show if a client gets no response to an exchange, and repeats it. */
export const REPEAT_WEAKENINGS: Record<string, Alter> = {
  'newGrant: no such grant yet': writes('TransactPut', 'grant#', always),
  'abandonGrant: a tombstone': (operation, input) =>
    operation === 'UpdateItem' && /^SET endedAt = :now, expiresAt/.test(input.UpdateExpression)
      ? { body: '{}' }
      : undefined,
}
