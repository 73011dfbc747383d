import { expect, test } from 'vitest'
import { handler as login } from '../../functions/sessions/login.ts'
import { getItems } from '../../lib/aws/dynamodb.ts'
import { originOf } from '../../lib/http/headers.ts'
import { pageOf } from '../../lib/http/sessions/request.ts'
import { sessionResponse } from '../../lib/http/sessions/response.ts'
import { findBegunLogin } from '../../lib/sign-in/begun.ts'
import { completeFactorSignIn } from '../../lib/sign-in/factor.ts'
import { AMR } from '../../lib/users/factors.ts'
import { inEnvironment } from '../support/http/handlers.ts'
import { loginEvent, parsed } from '../support/http/lambda.ts'
import { aws, context, hashOfUser, now, service, table, useRoutes } from '../support/http/routes.ts'
import { environmentOf } from '../support/process/service-description.ts'
import { addFakeFactor, fakeStep } from '../support/users/fake-factor.ts'
import { addTestUser, testAt } from '../support/users/users.ts'

useRoutes()

const USERS = 60
/** How many users press the button at the same instant. The pair and the source allow so many attempts at once. */
const AT_ONCE = 10

const tokens = {
  SIGNING_KEY: service.custom.auth.signingKey,
  TOKEN_ISSUER: 'https://issuer.example',
  TOKEN_AUDIENCE: 'the audience',
  TOKEN_TTL_SECONDS: 900,
}
const config = {
  SESSION_TTL_SECONDS: 86_400,
  SESSION_IDLE_TTL_SECONDS: 7_200,
  REFRESH_GRACE_SECONDS: 10,
  MAILER: undefined,
  NOTIFY_NEW_SOURCE: 'off',
}

test(`${USERS} users with a factor sign in from one address without a 429`, async () => {
  const names = Array.from({ length: USERS }, (_, index) => `user-${index}`)
  await forAll(names, async (username) =>
    addFakeFactor(table, await addTestUser(table, { username, passwordHash: hashOfUser })),
  )
  // One typing error before every fifth sign-in: 12 of the 50 that the address has.
  const errors = await forAll(
    names.filter((_, index) => index % 5 === 0),
    (name) => passwordStep(name, 'typo'),
  )
  expect(errors.map(({ statusCode }) => statusCode)).toEqual(Array(12).fill(401))
  const first = await forAll(names, (name) => passwordStep(name, 'user'))
  expect(first.map(({ statusCode }) => statusCode)).toEqual(Array(USERS).fill(200))
  const second = await forAll(first, ({ body }) => secondStep(body.loginToken))
  expect(second.map(({ statusCode }) => statusCode)).toEqual(Array(USERS).fill(200))

  const [counter] = await getItems(table, [
    { pk: { S: 'source#203.0.113.7' }, sk: { S: 'attempts#1795532400' } },
  ])
  // The typing errors stay counted for the address, as those of users without factors do.
  expect(Object(counter?.ids).SS).toHaveLength(12)
  console.log(
    `One address: ${USERS} users signed in, with ${errors.length} typing errors, and none was limited`,
  )
})

/** Runs a step for all users, some at once. */
async function forAll<T, R>(users: readonly T[], step: (user: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  for (let index = 0; index < users.length; index += AT_ONCE) {
    results.push(...(await Promise.all(users.slice(index, index + AT_ONCE).map(step))))
  }
  return results
}

async function passwordStep(username: string, password: string) {
  const event = loginEvent({ body: JSON.stringify({ username, password }) })
  return parsed(await inEnvironment(environmentOf(service, 'login', aws), login)(event, context))
}

async function secondStep(loginToken: string) {
  const begun = await findBegunLogin(table, loginToken, { purpose: 'second-factor' }, now)
  const { user } = begun
  const factor = { user, amr: AMR.totp, login: begun.login, ...fakeStep(user.id, 1) }
  const event = loginEvent({})
  const signedIn = await completeFactorSignIn(
    { ...testAt(table, now), config: { ...config, ...tokens }, origin: originOf(event) },
    factor,
    pageOf(event, { allowedOrigins: [] }),
  )
  return sessionResponse(signedIn)
}
