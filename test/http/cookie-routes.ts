import type { Table } from '../../lib/aws/dynamodb.ts'
import { sampleEvent } from '../support/http/lambda.ts'
import { addFakeFactor, beginLogin } from '../support/users/fake-factor.ts'
import { addTestUser } from '../support/users/users.ts'

const { response: used } = JSON.parse(sampleEvent('POST /login/passkey').body ?? '')
const { response: created } = JSON.parse(sampleEvent('add-passkey').body ?? '')

/**
 * Returns each route that acts on the session cookie, with a body of an attacker: its last step would put the attacker's session
 * into the cookie.
 *
 * @param username - A new user of the table: the attacker.
 */
export async function cookieRoutes(table: Table, username: string) {
  const now = new Date()
  const attacker = await addTestUser(table, { username })
  await addFakeFactor(table, attacker)
  const { token: loginToken } = await beginLogin(table, attacker, now, { inCookie: true })
  const newcomer = await addTestUser(table, { username: `${username}-new` })
  const { token: enrolmentToken } = await beginLogin(table, newcomer, now, {
    purpose: 'enrolment',
    inCookie: true,
    provedAt: 1,
  })
  return [
    ['/login', { username: 'user', password: 'user', session: 'cookie' }],
    ['/refresh', {}],
    ['/logout', { everywhere: true }],
    ['/register/confirm', { token: 'x', password: 'correct horse battery staple', session: 'cookie' }],
    ['/register/provider', { identityToken: 'x', session: 'cookie' }],
    ['/login/provider', { provider: 'demo', query: 'state=x', session: 'cookie' }],
    ['/login/mail', { email: 'eve@example.org', session: 'cookie' }],
    ['/login/mail/confirm', { token: 'x', session: 'cookie' }],
    ['/login/totp', { loginToken, code: '123456' }],
    ['/login/recovery-code', { loginToken, code: '0123-4567-89AB-CDEF' }],
    ['/login/passkey', { loginToken, response: used }],
    ['/enrolment/totp/confirm', { enrolmentToken, code: '123456' }],
    ['/enrolment/passkey', { enrolmentToken, response: created }],
  ] as const
}
