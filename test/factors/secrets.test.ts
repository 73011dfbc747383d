import { afterAll, expect, test, vi } from 'vitest'
import type { Functions } from '../support/http/functions.ts'
import { ORIGIN, useService } from '../support/service.ts'
import {
  addPasskey,
  addTotp,
  beginLogin,
  bodyOf,
  enterPassword,
  signInByPasskey,
  signInWith,
  totpCode,
  wrongTotpCode,
} from '../support/users/factors.ts'
import { PASSWORD } from '../support/users/sessions.ts'
import { createPasskey } from '../support/users/webauthn/authenticator.ts'

const NOW = new Date('2027-01-15T12:00:00.000Z')
/** All that was logged, and all bodies of refusals. */
const shown: string[] = []
/** What must be in neither, nor in the table: each value with what it is. */
const secrets = new Map<string, string>()

for (const level of ['info', 'warn', 'error', 'log', 'debug'] as const) {
  vi.spyOn(console, level).mockImplementation((...values) => void shown.push(JSON.stringify(values)))
}
vi.useFakeTimers({ toFake: ['Date'], now: NOW })
const service = await useService()
const underPolicy = await service.load({ REQUIRE_SECOND_FACTOR: 'all' })
afterAll(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
  console.log(`Secrets of factors: ${secrets.size} values, in ${shown.length} records and refusals`)
})

test('no secret of a factor is in the store, in a log or in a refusal', async () => {
  const { ask } = watched(service.functions)
  const functions = { ask }
  const address = 'Private.Address@Example.org'
  const { username } = await service.addUser({ email: address.toLowerCase(), emailAsWritten: address })

  // An authenticator app and recovery codes.
  const first = await signInWith(functions, { username, recoveryCodes: [] })
  const { secret, recoveryCodes = [] } = await addTotp(functions, first.authToken)
  later()
  const factors = { username, secret, recoveryCodes }
  const loginToken = await beginLogin(functions, username)
  await ask('POST /login/totp', { body: { loginToken, code: wrongTotpCode(secret) } })
  await ask('POST /login/totp', { body: { loginToken, code: '12345' } })
  const used = totpCode(secret)
  bodyOf(await ask('POST /login/totp', { body: { loginToken, code: used } }))
  await ask('POST /login/totp', { body: { loginToken, code: used } })
  const next = await beginLogin(functions, username)
  await ask('POST /login/totp', { body: { loginToken: next, code: used } })
  await ask('POST /login/recovery-code', { body: { loginToken: next, code: 'AAAA-BBBB-CCCC-DDDD' } })
  bodyOf(await ask('POST /login/recovery-code', { body: { loginToken: next, code: recoveryCodes[0] } }))
  later()

  // Passkeys.
  const session = await signInWith(functions, factors)
  const { authToken: token } = session
  const { passkey, id } = await addPasskey(functions, token)
  await ask('PATCH /passkeys/{id}', { token, id, body: { name: 'a name' } })
  await ask('GET /passkeys', { token })
  await ask('GET /me', { token })
  await signInByPasskey(functions, passkey)
  await signInByPasskey(functions, passkey, await beginLogin(functions, username))
  await ask('POST /factors/recovery-codes', { token, body: { currentPassword: PASSWORD } })
  await ask('DELETE /passkeys/{id}', { token, id, body: { currentPassword: 'a wrong password' } })
  await ask('DELETE /passkeys/{id}', { token, id, body: { currentPassword: PASSWORD } })
  later()
  const again = await signInWith(functions, factors)
  await ask('DELETE /factors/totp', { token: again.authToken, body: { currentPassword: PASSWORD } })
  await ask('POST /refresh', { body: { refreshToken: again.refreshToken } })

  // An enrolment, by a mail and by the operator's code.
  const enrolling = watched(underPolicy)
  const { enrolmentToken } = bodyOf(await enterPassword(enrolling, username))
  const { mailId } = bodyOf(await enrolling.ask('POST /enrolment/mail', { body: { enrolmentToken } }), 202)
  await service.settled()
  const [mail] = service.aws.mailbox.list()
  const code = String(/code: (\d{8})/.exec(String(mail?.text))?.[1])
  const link = String(mail?.link?.replace(/^.*=/, ''))
  keepCode(code, 'code of a mail')
  keepToken(link)
  await enrolling.ask('POST /enrolment/proof', { body: { enrolmentToken, mailId, code: '00000000' } })
  bodyOf(await enrolling.ask('POST /enrolment/proof', { body: { enrolmentToken, mailId, code } }), 204)
  await enrolling.ask('POST /enrolment/proof', { body: { enrolmentToken, token: link } })
  await enrolling.ask('POST /enrolment/proof', {
    body: { enrolmentToken, operatorCode: 'AAAA-BBBB-CCCC-DDDD' },
  })
  const other = bodyOf(await enterPassword(enrolling, username)).enrolmentToken ?? ''
  await service.proveEnrolments(username, [other], keepSecrets)
  const started = bodyOf(await enrolling.ask('POST /enrolment/totp', { body: { enrolmentToken: other } }))
  const options = bodyOf<Parameters<typeof createPasskey>[0]>(
    await enrolling.ask('POST /enrolment/passkey/options', { body: { enrolmentToken } }),
  )
  const body = { enrolmentToken: other, code: totpCode(started.secret ?? '') }
  bodyOf(await enrolling.ask('POST /enrolment/totp/confirm', { body }))
  // The other enrolment is void: the user has a factor now.
  const { response } = createPasskey(options, ORIGIN)
  await enrolling.ask('POST /enrolment/passkey', { body: { enrolmentToken, response } })
  await service.settled()

  const stored = JSON.stringify(await service.scan())
  const logged = shown.join('\n')
  const found = [...secrets].flatMap(([value, what]) => [
    // Six digits occur in times and ids by chance; with quotes around them they are a value.
    ...(contains(stored, value) ? [`${what} ${value} in the store`] : []),
    ...(contains(logged, value) ? [`${what} ${value} in a log or refusal`] : []),
  ])
  expect(found).toEqual([])
  expect(logged).not.toMatch(/private\.address/i)
  // What ought to be found is found.
  expect(secrets.size).toBeGreaterThan(60)
  expect(stored).toContain(username)
  expect(logged).toContain('factor.refused')
  expect(logged).toContain('factor.added')
})

function contains(text: string, value: string): boolean {
  if (value.length > 8) return text.includes(value)
  return new RegExp(`["\\s:=]${value}["\\s,.]`).test(text)
}

const later = () => void vi.setSystemTime(Date.now() + 60_000)

/** Sends requests, and keeps refusals. Every secret of a request or response becomes one that must not appear. */
const watched = (functions: Functions): Pick<Functions, 'ask'> => ({
  async ask(route, asking = {}) {
    const response = await functions.ask(route, asking)
    if (response.status >= 400) shown.push(`${route} ${response.text} ${JSON.stringify(response.headers)}`)
    for (const part of [asking.body, response.status === 200 ? JSON.parse(response.text) : {}])
      keepSecrets(part)
    if (asking.token) keepToken(asking.token)
    return response
  },
})

const keepToken = (token: string) =>
  secrets.set(token.split('.').at(-1) ?? '', 'signature or secret of a token')

/** Keeps the members of a body that are secret. */
function keepSecrets(body: unknown): void {
  for (const [name, value] of Object.entries(Object(body))) {
    if (/^(loginToken|enrolmentToken|authToken|refreshToken|replaces|token)$/.test(name))
      keepToken(String(value))
    if (/password$/i.test(name)) secrets.set(String(value), name)
    if (/^(code|operatorCode)$/.test(name)) keepCode(String(value), name)
    if (name === 'recoveryCodes') for (const code of value as string[]) keepCode(code, name)
    if (name === 'secret') keepTotpSecret(String(value))
  }
}

function keepCode(code: string, name: string) {
  secrets.set(code, name)
  secrets.set(code.replaceAll('-', ''), name)
}

/** A secret in base32, hexadecimal and base64. */
function keepTotpSecret(base32: string) {
  const bits = [...base32].map((one) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(one).toString(2).padStart(5, '0'),
  )
  const bytes = Buffer.from((bits.join('').match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
  for (const text of [base32, bytes.toString('hex'), bytes.toString('base64'), bytes.toString('base64url')]) {
    secrets.set(text, 'secret of an authenticator app')
  }
}
