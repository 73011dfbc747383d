import { randomBytes } from 'node:crypto'
import { attribute, attributesOf, getItems, type Table, writeIf } from '../../../lib/aws/dynamodb.ts'
import { wrongCode } from '../../../lib/factors/refusals.ts'
import type { Spend } from '../../../lib/sign-in/complete.ts'
import {
  LOGIN_TOKEN_RANDOM_BYTES,
  type LoginDetails,
  type LoginToken,
  startLoginToken,
  storeLoginToken,
} from '../../../lib/sign-in/login-token.ts'
import { profileKey } from '../../../lib/users/store.ts'
import type { User } from '../../../lib/users/user.ts'

const keyOf = (userId: string) => ({ pk: profileKey(userId).pk, sk: { S: 'fake-factor' } })

/** Gives a user a factor that can be spent step by step, as an authenticator app. It stands for one where none is verified. */
export async function addFakeFactor(table: Table, user: User): Promise<void> {
  await writeIf(table, 'PutItem', { Item: { ...keyOf(user.id), ...attributesOf({ lastStep: 0 }) } })
  await writeIf(table, 'UpdateItem', {
    Key: profileKey(user.id),
    UpdateExpression: 'SET factors = :factors',
    ExpressionAttributeValues: { ':factors': attribute('totp') },
  })
}

/** Returns what a sign-in with a step of the factor spends. */
export const fakeStep = (userId: string, step: number) => ({
  spends: [
    {
      write: {
        Update: {
          Key: keyOf(userId),
          UpdateExpression: 'SET lastStep = :step',
          ConditionExpression: 'lastStep < :step',
          ExpressionAttributeValues: { ':step': attribute(step) },
        },
      },
      refusal: () => wrongCode('the step was used before', { userId }),
    },
  ] satisfies Spend[],
})

/** Returns the last step that was spent. */
export async function lastFakeStep(table: Table, userId: string): Promise<number> {
  const [item] = await getItems(table, [keyOf(userId)])
  return Number(Object(item?.lastStep).N)
}

/** Stores a login token, as the password step does. */
export async function beginLogin(
  table: Table,
  user: User,
  now: Date,
  details: Partial<LoginDetails> = {},
): Promise<{ login: LoginToken; token: string }> {
  const all = { purpose: 'second-factor', loginName: user.username, inCookie: false, ...details } as const
  const { stored, token } = startLoginToken(user, all, now, randomBytes(LOGIN_TOKEN_RANDOM_BYTES))
  await storeLoginToken(table, stored)
  // As it is found: not encrypted.
  return { login: { ...stored, replaces: all.replaces }, token }
}
