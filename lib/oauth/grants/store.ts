import {
  attribute,
  attributesOf,
  getItems,
  type Item,
  type Table,
  type TransactWrite,
  text,
  transact,
  updateOf,
  writeIf,
} from '../../aws/dynamodb.ts'
import { namesOf, valuesOf } from '../../aws/item.ts'
import { type Act, eventOf, partitionOf } from '../../events/event.ts'
import type { DetailOf } from '../../events/types.ts'
import {
  endsGrants,
  SECRET_AS_READ,
  STORED_SESSION,
  sessionKey,
  sessionOf,
  tombstoneOf,
} from '../../sessions/store.ts'
import { secondOf } from '../../time.ts'
import { profileKey, userOf } from '../../users/store.ts'
import { type Code, codeKey } from '../codes/code.ts'
import { APP, appKey, grantsOf } from './app.ts'
import { GRANT, type Grant } from './grant.ts'
import { CLAIMED_USER, type Sources } from './live.ts'

/** The values of a grant, and `endedAt`, which a tombstone has. */
export const STORED_GRANT = ['endedAt', ...namesOf(GRANT)]

/** Attributes that are read of the sources of a grant. */
export const GRANT_SOURCES = [...namesOf(APP), ...CLAIMED_USER, ...STORED_SESSION]

const grantKey = ({ userId, id }: Pick<Grant, 'userId' | 'id'>) => ({
  pk: grantsOf(userId),
  sk: { S: `grant#${id}` },
})

/**
 * Finds a grant with a consistent read. It may have expired. One that has been ended is missing.
 *
 * @throws {@link ServiceError} `unavailable`.
 */
export async function findGrant(table: Table, userId: string, id: string): Promise<Grant | undefined> {
  const [item] = await getItems(table, [grantKey({ userId, id })], STORED_GRANT)
  return item && grantOf(item)
}

/** Returns the grant of an item, or `undefined` if the item is a tombstone. */
function grantOf(item: Item): Grant | undefined {
  if (item.endedAt !== undefined) return undefined
  return {
    userId: text(item, 'pk').replace(/^grants#/, ''),
    id: text(item, 'sk').replace(/^grant#/, ''),
    ...valuesOf(GRANT, item),
  }
}

/**
 * Finds what a code or a grant depends on, except the client, with one consistent read.
 *
 * @throws {@link ServiceError} `unavailable`.
 */
export async function findSources(
  table: Table,
  { userId, clientId, sessionId }: Pick<Grant, 'userId' | 'clientId' | 'sessionId'>,
): Promise<Omit<Sources, 'client'>> {
  const keys = [appKey(userId, clientId), profileKey(userId), sessionKey({ userId, id: sessionId })]
  const [app, user, session] = await getItems(table, keys, GRANT_SOURCES)
  return {
    app: app && valuesOf(APP, app),
    user: user && userOf(user, CLAIMED_USER),
    session: session && sessionOf(session),
    hasEndedGrants: session !== undefined && endsGrants(session),
  }
}

/**
 * Returns the write that spends a code. It is refused if the code is already spent.
 *
 * @param spent - See `spentBy` in `lib/oauth/codes/code.ts`.
 */
export const spendingOf = (
  code: string,
  spent: Pick<Code, 'spentBy' | 'spentAt' | 'spentFrom'>,
): TransactWrite => ({
  Update: {
    Key: codeKey(code),
    ConditionExpression: 'attribute_exists(pk) AND attribute_not_exists(spentBy)',
    ...updateOf(spent, {}),
  },
})

/** Returns the writes of a new grant, with its event. They are refused if the grant already exists. */
export function newGrant(table: Table, grant: Grant, act: Act): TransactWrite[] {
  const { userId, id, ...rest } = grant
  return [
    {
      Put: {
        Item: { ...grantKey(grant), ...attributesOf(rest) },
        ConditionExpression: 'attribute_not_exists(pk)',
      },
    },
    eventOf(table, act, { type: 'grant.created', ...subjectOf(grant) }),
  ]
}

/**
 * Returns the conditions for the transaction that stores a grant: its user and session have not changed since
 * they were read.
 *
 * @param grant - With the generation of the profile.
 */
export const sourcesUnchanged = ({
  userId,
  sessionId,
  sessionGeneration,
}: Pick<Grant, 'userId' | 'sessionId' | 'sessionGeneration'>): TransactWrite[] => [
  {
    ConditionCheck: {
      Key: profileKey(userId),
      ConditionExpression: 'sessionGeneration = :sessionGeneration',
      ExpressionAttributeValues: { ':sessionGeneration': attribute(sessionGeneration) },
    },
  },
  {
    ConditionCheck: {
      Key: sessionKey({ userId, id: sessionId }),
      ConditionExpression: 'attribute_exists(pk) AND attribute_not_exists(endedAt)',
    },
  },
]

/**
 * Ends a grant, with its event. Leaves a tombstone, so that a write that arrives late cannot
 * revive it.
 *
 * @returns Whether this call ended it.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function endGrant(
  table: Table,
  grant: EndedGrant,
  why: DetailOf<'grant.ended'>,
  act: Act,
): Promise<boolean> {
  const event = eventOf(table, act, { type: 'grant.ended', detail: why, ...subjectOf(grant) })
  return !(await transact(table, [tombstoneOf(grantKey(grant), act.now), event]))
}

type EndedGrant = Pick<Grant, 'userId' | 'id' | 'sessionId' | 'clientId'>

const subjectOf = ({ userId, sessionId, clientId }: EndedGrant) => ({
  subject: partitionOf(userId),
  session: sessionId,
  ref: clientId,
})

/**
 * Ends a grant whose write has an unknown outcome, because that write may arrive later.
 *
 * @throws {@link ServiceError} `unavailable`.
 */
export async function abandonGrant({ aws, name }: Table, grant: Grant, now: Date): Promise<void> {
  await aws('dynamodb', 'UpdateItem', {
    TableName: name,
    Key: grantKey(grant),
    UpdateExpression: 'SET endedAt = :now, expiresAt = :expiresAt REMOVE secretHash, salt',
    ExpressionAttributeValues: { ':now': attribute(secondOf(now)), ':expiresAt': attribute(grant.expiresAt) },
  })
}

/**
 * Replaces a grant's secret and what a use changes. The condition is that the secret is still the same and
 * the grant has not ended. The same write may be sent twice.
 *
 * @returns Whether the grant has these values now.
 * @throws {@link ServiceError} `unavailable`.
 */
export function replaceGrant(table: Table, before: Grant, after: Grant): Promise<boolean> {
  const { secretHash, rotatedAtMs, lastUsedAt, shownUsedAt, expiresAt } = after
  return writeIf(table, 'UpdateItem', {
    Key: grantKey(before),
    ConditionExpression: SECRET_AS_READ,
    ...updateOf(
      { secretHash, rotatedAtMs, lastUsedAt, shownUsedAt, expiresAt },
      { ':readHash': attribute(before.secretHash) },
    ),
  })
}
