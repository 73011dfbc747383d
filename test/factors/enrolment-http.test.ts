import '../support/process/real-argon2.ts'
import { afterAll, expect, inject, test } from 'vitest'
import { AMR } from '../../lib/users/factors.ts'
import { claimsOf } from '../support/http/forge.ts'
import { mailsTo, type SentMail, sendJson, tokenInLink } from '../support/http/http.ts'
import { begin as beginCommand } from '../support/process/command.ts'
import { proof } from '../support/rows.ts'
import { authenticator } from '../support/users/authenticator.ts'
import { beginLogin } from '../support/users/fake-factor.ts'
import { operator, tableAt } from '../support/users/sessions.ts'
import { giveFactors } from '../support/users/users.ts'
import { createPasskey } from '../support/users/webauthn/authenticator.ts'

// Enrolments and a reset of second factors over HTTP, with the operator's command as a process. The service requires no second
// factor, so the enrolment tokens are stored as POST /login stores them. test/browser has a service that requires one.

const url = inject('serviceUrl')
const dynamoDbUrl = inject('dynamoDbUrl')
const table = tableAt(dynamoDbUrl)
const users = operator(table)
let requests = 0
afterAll(() => console.log(`Enrolments over HTTP: ${requests} requests, each as the API description says`))

/** Sends JSON. The response must match the API description. */
function post(path: string, body: object) {
  requests += 1
  return sendJson(url + path, 'POST', body)
}

/** Returns the newest mail to an address, when there are so many. */
const mailTo = async (address: string, count: number) => (await mailsTo(url, address, count))[0] as SentMail

const run = (...words: string[]) =>
  beginCommand('scripts/users.ts', [...words, '--local', '--endpoint', dynamoDbUrl]).outcome

async function addUser(username: string): Promise<string> {
  return users.add({ username, email: `${username}@example.org`, emailVerified: true })
}

async function beginEnrolment(username: string): Promise<string> {
  const user = await users.user(username)
  return (await beginLogin(table, user, new Date(), { purpose: 'enrolment' })).token
}

test('a user proves an enrolment by a mail, adds an app, and is signed in', async () => {
  const username = await addUser('enrols-by-mail')
  const enrolmentToken = await beginEnrolment(username)
  for (const path of ['/enrolment/totp', '/enrolment/passkey/options']) {
    expect(await post(path, { enrolmentToken })).toMatchObject({
      status: 403,
      body: { error: 'proof_required' },
    })
  }
  expect((await post('/enrolment/mail', { enrolmentToken })).status).toBe(202)
  const mail = await mailTo(`${username}@example.org`, 1)
  expect(mail.subject).toBe('Add a second factor to your account at serverless-jwt-auth')
  expect(mail.link).toMatch(/^http:\/\/localhost:\d+\/confirm#enrolment=[\w.-]+$/)
  expect((await post('/enrolment/proof', { enrolmentToken, token: tokenInLink(mail) })).status).toBe(204)

  const setup = await post('/enrolment/totp', { enrolmentToken })
  const code = authenticator(setup.body.secret)(new Date())
  const wrong = { enrolmentToken, code: String((Number(code) + 500_000) % 1_000_000).padStart(6, '0') }
  expect((await post('/enrolment/totp/confirm', wrong)).status).toBe(422)
  const done = await post('/enrolment/totp/confirm', { enrolmentToken, code })
  expect(done.status).toBe(200)
  expect(done.body.recoveryCodes).toHaveLength(10)
  expect(claimsOf(done.body.authToken)).toMatchObject({ amr: AMR.totp.split(' '), acr: 'aal2' })
  expect(await post('/enrolment/totp', { enrolmentToken })).toMatchObject({
    status: 401,
    body: { error: 'login_expired' },
  })
})

proof('a user proves an enrolment by a code of an operator, and adds a passkey', async () => {
  const username = await addUser('enrols-by-code')
  const enrolmentToken = await beginEnrolment(username)
  const { status, stdout } = await run('start-enrolment', username)
  expect(status).toBe(0)
  const [operatorCode = ''] = stdout.split('\n')
  const typed = { enrolmentToken, operatorCode: operatorCode.toLowerCase().replaceAll('-', ' ') }
  expect((await post('/enrolment/proof', typed)).status).toBe(204)
  expect((await post('/enrolment/proof', typed)).status).toBe(422)

  const options = await post('/enrolment/passkey/options', { enrolmentToken })
  expect(options.body.rp.id).toBe('localhost')
  const { response } = createPasskey(options.body, url)
  const done = await post('/enrolment/passkey', { enrolmentToken, response, name: 'Phone' })
  expect(done.status).toBe(200)
  expect(claimsOf(done.body.authToken)).toMatchObject({ amr: AMR.secondPasskey.split(' '), acr: 'aal2' })
  expect((await run('show', username)).stdout).toMatch(/\nfactors {3}passkey\n/)
})

proof('a user cancels a reset by the link in its mail', async () => {
  const username = await addUser('keeps-factors')
  await giveFactors(table, await users.user(username))
  expect(await run('reset-factors', username)).toMatchObject({ status: 0, stderr: '' })
  const mail = await mailTo(`${username}@example.org`, 1)
  expect(mail.text).toContain('that is 24 hours or more after this mail')
  await expect
    .poll(async () => (await run('show', username)).stdout)
    .toMatch(/\nreset {5}of the factors is requested, its mail was sent at \d{4}-\d\d-\d\d \d\d:\d\d UTC\n/)
  expect((await post('/factors/cancel-reset', { token: tokenInLink(mail) })).status).toBe(204)
  expect((await post('/factors/cancel-reset', { token: tokenInLink(mail) })).status).toBe(400)
  expect((await run('show', username)).stdout).not.toContain('reset')
})
