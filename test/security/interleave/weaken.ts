import { createdAtOf, signInDigits } from '../../../lib/sessions/refresh-token.ts'
import type { Alter, Attempt } from '../../support/aws/gate.ts'
import { isEventsTable, writesOf } from '../../support/interleave/history.ts'
import type { Acts, Weakening } from '../../support/interleave/world.ts'
import { isRenewal } from './facts.ts'
import type { ActName } from './operations.ts'

type Input = Attempt['input']

/** Makes a condition hold always. Its values stay in use, because DynamoDB rejects unused ones. */
export const always = (write: Input) => {
  write.ConditionExpression = `(${write.ConditionExpression}) OR attribute_exists(pk) OR attribute_not_exists(pk)`
}

/** Changes writes of one operation, of items whose sort key begins like this. */
export const writes =
  (operation: string, sk: string, weaken: (write: Input) => unknown): Alter =>
  (called, input) => {
    for (const [kind, write] of writesOf({ operation: called, input })) {
      const key = write.Key ?? write.Item
      const isIn = `${called === 'TransactWriteItems' ? 'Transact' : ''}${kind}` === operation
      if (isIn && key?.sk?.S.startsWith(sk)) weaken(write)
    }
    return undefined
  }

export const isEnd = ({ UpdateExpression }: Input) => /^SET endedAt = :now/.test(UpdateExpression)

/** Takes a part out of the condition of a write. */
export const without = (part: string) => (write: Input) => {
  write.ConditionExpression = write.ConditionExpression.replace(part, '')
}

/** Takes the events out of a transaction. */
export const withoutEvents: Alter = (_, input) => {
  input.TransactItems = input.TransactItems?.filter(
    (item: Input) => !isEventsTable(Object(Object.values(item)[0]).TableName),
  )
  return undefined
}

const changes = (write: Input, name: string) => `#${name}` in (write.ExpressionAttributeNames ?? {})

/** Changes the writes that renew a session. */
const renewals = (weaken: (write: Input) => unknown): Alter =>
  writes('TransactUpdate', 'session#', (write) => {
    if (isRenewal(write)) weaken(write)
  })

const idIn = ({ Key }: Input): string => Key.sk.S.replace('session#', '')

/** Lets a session survive a change of the password with its latest sign-in, as if the profile named the id alone. */
function survivalById(): Alter {
  let latest: string | undefined
  return (called, input) => {
    for (const [, write] of writesOf({ operation: called, input })) {
      const { ExpressionAttributeNames: names = {}, ExpressionAttributeValues: values = {} } = write
      if (isRenewal(write)) latest = `${idIn(write)}.${signInDigits(Number(values[':authTime'].N))}`
      if (latest === undefined || !('#survivingSession' in names) || !('#passwordHash' in names)) continue
      const [set = '', remove = ''] = write.UpdateExpression.replace('SET ', '').split(' REMOVE ')
      const sets = set.split(', ').filter((one: string) => !one.startsWith('#survivingSession'))
      const removed = remove.split(', ').filter((name: string) => name !== '' && name !== '#survivingSession')
      write.UpdateExpression = `SET ${[...sets, '#survivingSession = :survivor'].join(', ')}${removed.length > 0 ? ` REMOVE ${removed.join(', ')}` : ''}`
      delete values[':survivingSession']
      values[':survivor'] = { S: latest }
    }
    return undefined
  }
}

/** How far the clock moves so that DynamoDB forgets a request token, and a late copy of a transaction is a request of its own. */
const REQUEST_TOKEN_MS = 700_000

const weaken = (alter: Alter, acts: Acts<ActName>, tickMs = 0): Weakening<ActName> => ({
  alter,
  acts,
  tickMs,
})

/**
 * Weakens the service by changing its requests on their way to AWS. Each takes one guard away.
 *
 * Three conditions are not here, because another one implies them: each change of names moves the generation, each
 * change of `sessionGeneration` moves `generation`, and a tombstone has no secret that `replaceSecret` could have read.
 */
export const WEAKENINGS: Record<string, Weakening<ActName>> = {
  'putSession: no such session yet': weaken(
    writes('TransactPut', 'session#', always),
    ['login', '>', 'logout'],
    REQUEST_TOKEN_MS,
  ),
  'replaceSecret: the secret as read': weaken(
    writes('Update', 'session#', (write) => {
      if (changes(write, 'rotatedAtMs')) always(write)
    }),
    ['refresh', '>', 'refresh'],
    11_000,
  ),
  'storedSession: not ended': weaken(renewals(always), ['login over a session', 'logout']),
  'storedSession: the secret as read': weaken(
    renewals((write) => {
      const secret = '#secretHash IN (:readHash, :secretHash)'
      write.ConditionExpression = write.ConditionExpression.replace(
        secret,
        `(${secret} OR attribute_exists(#secretHash))`,
      )
    }),
    ['login over a session', 'login over a session'],
  ),
  'startSession: another auth_time': weaken(
    renewals((write) => {
      write.ExpressionAttributeValues[':authTime'] = { N: String(createdAtOf({ id: idIn(write) })) }
    }),
    ['login over a session'],
  ),
  'unrevoked: the session generation as read': weaken(
    (_, input) => {
      for (const { ConditionCheck } of input.TransactItems ?? []) if (ConditionCheck) always(ConditionCheck)
      return undefined
    },
    ['login over a session', 'password'],
  ),
  'survivorOf: the sign-in of the access token': {
    ...weaken(survivalById(), ['login over a session', 'password']),
    shows: / is live/,
  },
  'endSession: endedAt': weaken(
    writes('TransactUpdate', 'session#', (write) => {
      if (isEnd(write)) write.UpdateExpression = 'SET lastUsedAt = if_not_exists(lastUsedAt, :now)'
    }),
    ['logout', 'refresh'],
  ),
  'endSession: the session exists': weaken(
    writes('TransactUpdate', 'session#', (write) => {
      if (isEnd(write)) write.ConditionExpression = 'attribute_not_exists(endedAt)'
    }),
    ['logout', 'remove'],
  ),
  'endSession: not ended before': weaken(
    writes('TransactUpdate', 'session#', (write) => {
      if (isEnd(write)) write.ConditionExpression = 'attribute_exists(pk)'
    }),
    ['logout', 'end session'],
  ),
  'the event of every change': weaken(withoutEvents, ['set-role']),
  'changeUser: generations as read': weaken(
    writes('TransactUpdate', 'profile', (write) => {
      if (!changes(write, 'username')) always(write)
    }),
    ['set-role', 'disable', 'remove'],
  ),
  'replaceHash: generation and hash as read': weaken(
    writes('Update', 'profile', (write) => {
      if (!changes(write, 'changeId')) always(write)
    }),
    ['login', 'set-password'],
  ),
  'changeNames: generation and names as read': weaken(writes('TransactUpdate', 'profile', always), [
    'rename',
    'set-email',
  ]),
  'changeNames: generation as read': weaken(
    writes('TransactUpdate', 'profile', (write) => {
      if (!changes(write, 'username')) return
      const generation = 'generation = :readGeneration'
      write.ConditionExpression = write.ConditionExpression.replace(
        generation,
        `(${generation} OR attribute_exists(pk))`,
      )
    }),
    ['rename', 'set-role', '>', 'login by address'],
  ),
  'createUser: no such user yet': weaken(writes('TransactPut', 'profile', always), [
    'remove',
    '>',
    'import with the same id',
    'import with the same id and another name',
  ]),
  'claim: the name is free': weaken(writes('TransactPut', 'name', always), [
    'rename of bob',
    'remove',
    'add',
  ]),
  'free: the name is own': weaken(
    (operation, input) => {
      writes('TransactDelete', 'name', always)(operation, input)
      return writes('TransactDelete', 'profile', always)(operation, input)
    },
    ['remove', 'rename', '>', 'rename of bob'],
  ),
  'removeUser: the user as read': weaken(writes('TransactDelete', 'profile', always), [
    'remove the address',
    '>',
    'remove',
    'set-email',
  ]),
  'transact: the request token': weaken(
    (_operation, input) => {
      delete input.ClientRequestToken
      return undefined
    },
    ['set-role'],
  ),
  'newUser: random generations': weaken(
    writes('TransactPut', 'profile', (write) => {
      for (const name of ['generation', 'sessionGeneration']) write.Item[name] = { N: '1' }
    }),
    [
      'remove',
      '>',
      'import with the same id',
      '>',
      'login of a new user',
      '>',
      'remove',
      '>',
      'import with the same id',
    ],
  ),
  'revokeTokens: another generation': weaken(
    writes('TransactUpdate', 'profile', (write) => {
      const values = write.ExpressionAttributeValues
      if (changes(write, 'generation')) values[':generation'] = values[':readGeneration']
    }),
    ['set-role'],
  ),
  'revokeSessions: another session generation': weaken(
    writes('TransactUpdate', 'profile', (write) => {
      const values = write.ExpressionAttributeValues
      if (changes(write, 'sessionGeneration')) values[':sessionGeneration'] = values[':readSessionGeneration']
    }),
    ['set-password'],
  ),
  'revokeSessions: no earlier survivor': weaken(
    writes('TransactUpdate', 'profile', (write) => {
      if (!write.UpdateExpression.includes(' REMOVE #survivingSession')) return
      write.UpdateExpression = write.UpdateExpression.replace(' REMOVE #survivingSession', '')
      delete write.ExpressionAttributeNames['#survivingSession']
    }),
    ['password', '>', 'end-sessions'],
  ),
  'changeNames: another generation': weaken(
    writes('TransactUpdate', 'profile', (write) => {
      const values = write.ExpressionAttributeValues
      values[':generation'] = values[':readGeneration']
    }),
    ['rename'],
  ),
}
