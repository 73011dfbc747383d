import { hash, timingSafeEqual } from 'node:crypto'
import {
  attribute,
  attributesOf,
  getItems,
  number,
  type Table,
  type TransactWrite,
  text,
  transact,
} from '../aws/dynamodb.ts'
import { type Attributes, namesOf, type ValuesOf, valuesOf } from '../aws/item.ts'
import { type Act, updateEventOf } from '../events/event.ts'
import { codeOf80Bits, hashRecoveryCode, readRecoveryCode } from '../factors/recovery-codes/recovery-codes.ts'
import { secondOf } from '../time.ts'
import type { User } from '../users/user.ts'

/** Attributes of an operator's code. */
const ENROLMENT_CODE = {
  codeHash: text,
  /** The user's token generation when the code was made. */
  generation: number,
  /** Second since the epoch. */
  expiresAt: number,
} satisfies Attributes

/**
 * How long a code is valid. It starts by an operator's clock. AWS rejects clocks that are wrong by more than
 * minutes (Signature Version 4).
 */
const TTL_SECONDS = 86_400

const enrolmentCodeKey = (userId: string) => ({
  pk: { S: `user#${userId}` },
  sk: { S: 'enrolment-code' },
})

/**
 * Stores a one-time code with which a user proves an enrolment, and returns it in the form for people. It
 * replaces an earlier code. A change of the user makes it invalid: a new password, role or factor, or a
 * revocation.
 *
 * @param user - The profile that was read.
 * @param random - `CODE_RANDOM_BYTES` fresh random bytes.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function storeEnrolmentCode(
  table: Table,
  { id, generation }: Pick<User, 'id' | 'generation'>,
  random: Buffer,
  act: Act,
): Promise<string> {
  const code = codeOf80Bits(random)
  const values: ValuesOf<typeof ENROLMENT_CODE> = {
    codeHash: hashRecoveryCode(id, code),
    generation,
    expiresAt: secondOf(act.now) + TTL_SECONDS,
  }
  const put = { Item: { ...enrolmentCodeKey(id), ...attributesOf(values) } }
  const event = updateEventOf(table, act, id, { changes: ['enrolment-code'], detail: 'added' })
  await transact(table, [{ Put: put }, event])
  return code
}

/**
 * Verifies an operator's code, with a consistent read. It spends nothing. The caller must count the try
 * before.
 *
 * @param user - From a read of this request.
 * @param typed - The code in the spelling of a person.
 * @returns The write that spends the code, on condition that it is still the same one, or `undefined` if the code is wrong.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function verifyEnrolmentCode(
  table: Table,
  { id, generation }: Pick<User, 'id' | 'generation'>,
  typed: string,
  now: Date,
): Promise<TransactWrite | undefined> {
  const code = readRecoveryCode(typed)
  const Key = enrolmentCodeKey(id)
  const [item] = await getItems(table, [Key], namesOf(ENROLMENT_CODE))
  if (code === undefined || item === undefined) return undefined
  const stored = valuesOf(ENROLMENT_CODE, item)
  const isCorrect = timingSafeEqual(digest(hashRecoveryCode(id, code)), digest(stored.codeHash))
  if (!isCorrect || stored.generation !== generation || stored.expiresAt <= secondOf(now)) return undefined
  return {
    Delete: {
      Key,
      ConditionExpression: 'codeHash = :codeHash',
      ExpressionAttributeValues: { ':codeHash': attribute(stored.codeHash) },
    },
  }
}

/** Returns bytes of one length, which `timingSafeEqual` needs. */
const digest = (value: string): Buffer => hash('sha256', value, 'buffer')
