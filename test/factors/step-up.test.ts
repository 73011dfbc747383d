import { afterAll, describe, expect, test } from 'vitest'
import { secondOf } from '../../lib/time.ts'
import {
  attempts,
  call,
  eventOf,
  invalid,
  now,
  problem,
  records,
  stored,
  table,
  useRoutes,
} from '../support/http/routes.ts'
import { hashes } from '../support/process/cheap-argon2.ts'
import { addFakeFactor } from '../support/users/fake-factor.ts'

useRoutes()
afterAll(() => console.log(`Step-up: ${cases} cases ran`))
let cases = 0

/** Routes that change an account, with a body and the status of a change that is made. */
const ROUTES = [
  ['password', { newPassword: 'a new and long password' }, 204],
  ['change-email', { email: 'new@example.org' }, 202],
  ['delete-me', {}, 204],
] as const

const stepUp = problem(
  401,
  'Unauthorized',
  'Sign in again to continue.',
  { error: 'insufficient_user_authentication', acr_values: 'aal2', max_age: 300 },
  {
    'WWW-Authenticate': 'Bearer error="insufficient_user_authentication", acr_values="aal2", max_age="300"',
  },
)

describe.each(ROUTES)('%s', (functionKey, body, made) => {
  test.each([
    ['aal1', 0],
    ['aal1', 86_400],
    ['aal2', 86_400],
  ])('is open to a user without factors, by a sign-in of %s %i s ago', async (acr, ageSeconds) => {
    expect(await send(functionKey, body, { acr, ageSeconds })).toMatchObject({ statusCode: made })
  })

  test.each([0, 299, 300])('is open to a user with a factor, by two factors %i s ago', async (ageSeconds) => {
    await addFakeFactor(table, await stored())
    expect(await send(functionKey, body, { acr: 'aal2', ageSeconds })).toMatchObject({ statusCode: made })
  })

  test.each([
    ['aal2', 301],
    ['aal2', 86_400],
    ['aal1', 0],
    ['aal1', 299],
    ['aal1', 301],
  ])('demands step-up of a user with a factor, after a sign-in of %s %i s ago', async (acr, ageSeconds) => {
    await addFakeFactor(table, await stored())
    const before = await stored()
    expect(await send(functionKey, body, { acr, ageSeconds })).toEqual(stepUp)
    expect(await stored()).toEqual(before)
    expect(records).toEqual([expect.objectContaining({ event: 'stepup.required', code: 'invalid_token' })])
  })

  test('demands it before the password is verified, and counts no attempt', async () => {
    await addFakeFactor(table, await stored())
    await send(functionKey, body)
    const before = hashes.count
    const correct = await send(functionKey, body)
    const wrong = await send(functionKey, body, { currentPassword: 'wrong' })
    expect(wrong).toEqual(correct)
    expect(hashes.count).toBe(before)
    expect(await attempts()).toEqual([0, 0, 0])
  })

  test('demands the password too', async () => {
    await addFakeFactor(table, await stored())
    const response = await send(functionKey, body, { acr: 'aal2', currentPassword: 'wrong' })
    expect(response).toEqual(invalid('#/currentPassword', 'Incorrect password.'))
    expect(await attempts()).toEqual([1, 1, 1])
  })

  test('rejects a revoked token without saying whether its user has factors', async () => {
    const generation = (await stored()).generation + 1
    const without = await send(functionKey, body, { generation })
    await addFakeFactor(table, await stored())
    expect(await send(functionKey, body, { generation })).toEqual(without)
    expect(without).toEqual(problem(401, 'Unauthorized', 'Could not validate credentials.'))
    expect(await attempts()).toEqual([0, 0, 0])
  })
})

/** Sends a request of `user`, whose sign-in was `ageSeconds` ago. */
async function send(
  functionKey: string,
  body: object,
  { acr = 'aal1', ageSeconds = 0, currentPassword = 'user', generation = 0 } = {},
) {
  cases += 1
  const user = await stored()
  const { requestContext } = await eventOf(functionKey)
  const authorizer = {
    ...requestContext.authorizer,
    userId: user.id,
    username: user.username,
    generation: String(generation || user.generation),
    acr,
    authTime: String(secondOf(now) - ageSeconds),
  }
  return call(functionKey, functionKey, {
    body: JSON.stringify({ ...body, currentPassword }),
    requestContext: { ...requestContext, authorizer } as never,
  })
}
