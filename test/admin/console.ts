import { randomBytes } from 'node:crypto'
import { type Table, transact } from '../../lib/aws/dynamodb.ts'
import { approvalOf } from '../../lib/oauth/grants/app.ts'
import { readRefreshToken } from '../../lib/sessions/refresh-token.ts'
import { SESSION_RANDOM_BYTES, startSession } from '../../lib/sessions/session.ts'
import { AMR, type Amr } from '../../lib/users/factors.ts'
import type { User } from '../../lib/users/user.ts'
import { addClient } from '../oauth/clients.ts'
import { cookieOf, OWN_PAGE } from '../support/http/cookies.ts'
import type { TestService } from '../support/service.ts'
import { giveFactors, storeSession } from '../support/users/users.ts'

/** Begins a session in a cookie, by password and passkey unless `amr` differs. Returns its refresh token. */
export async function beginInCookie(
  { table }: Pick<TestService, 'table'>,
  user: Pick<User, 'id' | 'sessionGeneration'>,
  amr: Amr = AMR.secondPasskey,
): Promise<string> {
  const origin = { sourceIp: '203.0.113.7', userAgent: 'test' }
  const lifetimes = { absoluteTtlSeconds: 2_592_000, idleTtlSeconds: 604_800 }
  const start = { amr, inCookie: true, origin, lifetimes }
  const { session, refreshToken } = startSession(user, start, new Date(), randomBytes(SESSION_RANDOM_BYTES))
  await storeSession(table, session)
  return refreshToken
}

/** The headers of a request of the console, which shows a user. */
export const consoleHeaders = (refreshToken: string, userId: string): Record<string, string> => ({
  ...OWN_PAGE,
  ...cookieOf(refreshToken),
  Operator: userId,
})

/** Adds a user with second factors. */
export async function addWithFactors(service: TestService, values: Partial<User>): Promise<User> {
  const user = await service.addUser(values)
  await giveFactors(service.table, user)
  return service.user(user.username)
}

/** What a request to a route of the console's API may name. */
export interface Named {
  /** The user whom it is about. */
  target: User
  sessionId: string
  clientId: string
}

/** Gives a user a session, and an app. */
export async function nameAll(service: TestService, target: User): Promise<Named> {
  const { sessionId } = readRefreshToken(await beginInCookie(service, target))
  return { target, sessionId, clientId: (await allowApp(service.table, target.id)).id }
}

/** Gives an app access to the account of a user. */
export async function allowApp(table: Table, userId: string, values: Parameters<typeof addClient>[1] = {}) {
  const client = await addClient(table, values)
  const approval = { userId, client, scopes: ['openid'], generation: 3 }
  await transact(table, [approvalOf(undefined, approval, new Date()).write])
  return client
}
