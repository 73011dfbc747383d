import { hash, randomBytes } from 'node:crypto'
import { attributesOf, getItems, number, type Table, text, transact } from '../../aws/dynamodb.ts'
import { type Attributes, namesOf, type ValuesOf, valuesOf } from '../../aws/item.ts'
import { type Act, eventOf, partitionOf } from '../../events/event.ts'
import type { ActReason } from '../../events/types.ts'
import { sessionKey } from '../../sessions/store.ts'
import { secondOf } from '../../time.ts'
import type { Acting } from '../../tokens/act-token.ts'
import { profileKey } from '../../users/store.ts'
import type { User } from '../../users/user.ts'
import { storedUserOf } from '../accounts.ts'
import type { Target } from './live-act.ts'

/** Why an operator acts as a user. Events have no free text. */
export const REASONS = ['support', 'bug', 'abuse', 'test'] as const satisfies readonly ActReason[]

/** Seconds in which a code can be exchanged. */
const CODE_SECONDS = 60

const CODE_BYTES = 32
const ID_BYTES = 16

/** Attributes of the code with which an act begins. Its key is a hash of the code. */
export const ACT = {
  actId: text,
  targetId: text,
  targetGeneration: number,
  operatorId: text,
  operatorGeneration: number,
  /** The operator's session. */
  sessionId: text,
  /** Second since the epoch from which the code is invalid. */
  expiresAt: number,
} satisfies Attributes

/** What an act begins with of its user: role and state, and where the notice goes. */
export const ACT_USER = [
  'username',
  'role',
  'disabled',
  'generation',
  'email',
  'emailAsWritten',
  'locale',
] as const satisfies (keyof User)[]

/** An act that begins: what its code stands for. */
export interface BegunAct {
  id: string
  target: Target
  acting: Acting
}

/**
 * Finds the user of an act with a consistent read of {@link ACT_USER}.
 *
 * @throws {@link ServiceError} `unavailable`.
 */
export async function findActUser(table: Table, userId: string) {
  const [item] = await getItems(table, [profileKey(userId)], ACT_USER)
  return item && storedUserOf(item, ACT_USER)
}

const actKey = (code: string) => ({
  pk: { S: `act#${hash('sha256', code, 'base64url')}` },
  sk: { S: 'act' },
})

/** Whether a session is live in a transaction: a tombstone has no secret. */
const sessionCheck = ({ userId, sessionId: id }: Acting) => ({
  ConditionCheck: { Key: sessionKey({ userId, id }), ConditionExpression: 'attribute_exists(secretHash)' },
})

/** Whether a user is unchanged since the read: each change of role or state moves the generation. */
const userCheck = ({ userId, generation }: Target) => ({
  ConditionCheck: {
    Key: profileKey(userId),
    ConditionExpression: 'generation = :generation AND disabled = :disabled',
    ExpressionAttributeValues: attributesOf({ ':generation': generation, ':disabled': false }),
  },
})

/**
 * Begins an act: stores the hash of a code, and the event that the user sees.
 *
 * @param why - The event has the ticket as its reference.
 * @returns The id of the act, and the code, which is stored nowhere; `undefined` if the user or the operator's session has changed since the read.
 * @throws {@link ServiceError} `invalid_token` if the operator has changed since the read, or `unavailable`.
 */
export async function beginAct(
  table: Table,
  { target, acting }: Pick<BegunAct, 'target' | 'acting'>,
  { reason, ticket }: { reason: ActReason; ticket?: string | undefined },
  act: Act,
): Promise<{ id: string; code: string } | undefined> {
  const code = randomBytes(CODE_BYTES).toString('base64url')
  const id = randomBytes(ID_BYTES).toString('base64url')
  const values: ValuesOf<typeof ACT> = {
    actId: id,
    targetId: target.userId,
    targetGeneration: target.generation,
    operatorId: acting.userId,
    operatorGeneration: acting.generation,
    sessionId: acting.sessionId,
    expiresAt: secondOf(act.now) + CODE_SECONDS,
  }
  const Item = { ...actKey(code), ...attributesOf(values) }
  const subject = partitionOf(target.userId)
  const refused = await transact(table, [
    { Put: { Item, ConditionExpression: 'attribute_not_exists(pk)' } },
    userCheck(target),
    sessionCheck(acting),
    eventOf(table, act, { type: 'act.started', subject, detail: reason, ref: ticket, session: id }),
  ])
  return refused ? undefined : { id, code }
}

/**
 * Finds the act of a code with a consistent read.
 *
 * @param unverifiedCode - As the request has it.
 * @returns `undefined` if the code is unknown, spent or too old.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function findAct(
  table: Table,
  unverifiedCode: string,
  now: Date,
): Promise<BegunAct | undefined> {
  const [item] = await getItems(table, [actKey(unverifiedCode)], namesOf(ACT))
  if (item === undefined) return undefined
  const act = valuesOf(ACT, item)
  if (act.expiresAt <= secondOf(now)) return undefined
  return {
    id: act.actId,
    target: { userId: act.targetId, generation: act.targetGeneration },
    acting: { userId: act.operatorId, generation: act.operatorGeneration, sessionId: act.sessionId },
  }
}

/**
 * Spends a code, on condition that it is not spent, and that user, operator and session are as when the act began.
 *
 * @returns Whether it is spent.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function spendAct(table: Table, code: string, { target, acting }: BegunAct): Promise<boolean> {
  const Delete = { Key: actKey(code), ConditionExpression: 'attribute_exists(pk)' }
  const checks = [userCheck(target), userCheck(acting), sessionCheck(acting)]
  return !(await transact(table, [{ Delete }, ...checks]))
}
