import { randomUUID } from 'node:crypto'
import { describe, expect, test, vi } from 'vitest'
import type { User } from '../../lib/users/user.ts'
import { addProvider, inBrowser, startWaiting } from '../federation/identities.ts'
import { recordLogs } from '../support/logs.ts'
import { NO_MAIL_LIMITS, useService } from '../support/service.ts'
import { newAddress, stopClock, tokenIn } from '../support/users/mails.ts'
import { NEW_PASSWORD, newName, PASSWORD, signIn } from '../support/users/sessions.ts'

vi.mock('../../auth.config.ts', async (original) => ({
  default: {
    ...(await original<typeof import('../../auth.config.ts')>()).default,
    languages: ['en', 'de', 'fr'],
    words: {
      de: {
        'Confirm your address for {service}': 'Adresse für {service} bestätigen',
        'You already have an account at {service}': 'Du hast schon ein Konto bei {service}',
        'A new sign-in to {service}': 'Neue Anmeldung bei {service}',
        'The language of your account at {service} was changed':
          'Die Sprache deines Kontos hat sich geändert',
      },
      fr: {
        'Confirm your address for {service}': 'Confirmez votre adresse pour {service}',
        'You already have an account at {service}': 'Vous avez déjà un compte chez {service}',
        'A new sign-in to {service}': 'Nouvelle connexion à {service}',
        'Choose a new password for {service}': 'Nouveau mot de passe pour {service}',
      },
    },
  },
}))

recordLogs()
const service = await useService({ settings: NO_MAIL_LIMITS })
const demo = await addProvider(service.table)

const FRENCH = { 'Accept-Language': 'it, fr-CH;q=0.9, de;q=0.8' }

/** Registers an address in French, and confirms it. */
async function register(headers: Record<string, string>) {
  const address = newAddress()
  expect((await service.ask('register', { body: { email: address }, headers })).status).toBe(202)
  const mail = service.mailTo(address)
  const body = { token: tokenIn(mail), password: NEW_PASSWORD, username: newName() }
  const { status, body: tokens } = await service.ask('new-account', { body, headers })
  expect(status).toBe(200)
  return { address, mail, user: await service.user(body.username), token: String(tokens.authToken) }
}

describe('a registration', () => {
  test('is in the language of its request, which becomes that of the account', async () => {
    const { mail, user, token } = await register(FRENCH)
    expect(mail.subject).toBe('Confirmez votre adresse pour Test')
    expect(mail.link).toMatch(/\/confirm\?lang=fr#registration=/)
    expect(user.locale).toBe('fr')
    expect((await service.ask('me', { token })).body).toMatchObject({ locale: 'fr' })
    expect((await service.ask('userinfo', { token, headers: bearer(token) })).body).toMatchObject({
      locale: 'fr',
    })
  })

  test.each<[string, Record<string, string>]>([
    ['a language that the service does not have', { 'Accept-Language': 'it' }],
    ['no language', {}],
    ['what is no language', { 'Accept-Language': '"><script>, __proto__;q=1' }],
  ])('that asks for %s is in the first one, and stores none', async (_, headers) => {
    const { mail, user, token } = await register(headers)
    expect(mail.subject).toBe('Confirm your address for Test')
    expect(user.locale).toBeUndefined()
    expect(JSON.stringify((await service.ask('me', { token })).body)).not.toContain('locale')
  })

  test('by a mail for a sign-in is in the language of its request', async () => {
    const email = newAddress()
    expect((await service.ask('POST /login/mail', { body: { email }, headers: FRENCH })).status).toBe(202)
    expect(service.mailTo(email).subject).toBe('Confirmez votre adresse pour Test')
  })

  test('with an identity gives the account the language of its request', async () => {
    const email = newAddress().toLowerCase()
    const { identityToken, key } = await startWaiting(service.table, demo, { email, isProven: true })
    const asked = { body: { identityToken }, headers: { ...inBrowser(key), ...FRENCH } }
    expect((await service.ask('POST /register/provider', asked)).status).toBe(200)
    expect((await service.user(email)).locale).toBe('fr')
  })

  test('of an address with an account responds byte for byte as one of an unknown address', async () => {
    const owner = await addUser({ locale: 'de' })
    const unknown = newAddress()
    const responses = []
    for (const email of [owner.email, unknown]) {
      const response = await service.functions.ask('POST /register', { body: { email }, headers: FRENCH })
      // Only the id has the address.
      expect(Object.keys(JSON.parse(response.text))).toEqual(['mailId'])
      responses.push({ ...response, text: response.text.replace(/"mailId":"[^"]*"/, '"mailId":""') })
    }
    await service.settled()
    expect(responses[0]).toEqual(responses[1])
    expect(service.mailTo(String(owner.email)).subject).toBe('Du hast schon ein Konto bei Test')
    expect(service.mailTo(unknown).subject).toBe('Confirmez votre adresse pour Test')
  })
})

test('a notice of a sign-in is in the language of the user for any request', async () => {
  const { user, address } = await register({ 'Accept-Language': 'de' })
  const body = { username: user.username, password: NEW_PASSWORD }
  const asked = { body, headers: FRENCH, sourceIp: '198.51.100.9' }
  expect((await service.ask('login', asked)).status).toBe(200)
  expect(service.mailTo(address).subject).toBe('Neue Anmeldung bei Test')
})

describe('a change of the language', () => {
  const change = (token: string, locale: string, currentPassword = PASSWORD) =>
    service.ask('PUT /me/locale', { token, body: { locale, currentPassword }, headers: FRENCH })

  test('is stored with an event, and its notice is in the language before it', async () => {
    const user = await addUser({ locale: 'de' })
    const { authToken: token } = await signIn(service.functions, user.username)
    expect(await change(token, 'fr')).toMatchObject({ status: 204 })
    const after = await service.user(user.username)
    expect(after.locale).toBe('fr')
    // Tokens do not have it.
    expect(after.generation).toBe(user.generation)
    expect(service.mailTo(String(user.email)).subject).toBe('Die Sprache deines Kontos hat sich geändert')
    expect((await service.ask('me', { token })).body.locale).toBe('fr')
    const { body } = await service.ask('GET /me/events', { token })
    const changes = body.events.filter(({ type }: { type: string }) => type === 'user.updated')
    expect(changes).toMatchObject([{ changes: ['locale'], by: 'account' }])
    expect((await service.ask('forgot', { body: { login: user.username } })).status).toBe(202)
    expect(service.mailTo(String(user.email)).subject).toBe('Nouveau mot de passe pour Test')
  })

  test('to the present language changes nothing, and sends no notice', async () => {
    const user = await addUser({ locale: 'de' })
    const { authToken: token } = await signIn(service.functions, user.username)
    expect((await change(token, 'de')).status).toBe(204)
    expect(await service.user(user.username)).toEqual(user)
    expect(service.mailTo(String(user.email)).subject).toBe('Neue Anmeldung bei Test')
  })

  test('takes effect once, if several come at once, and the others are conflicts', async () => {
    const user = await addUser({ locale: 'de' })
    const { authToken: token } = await signIn(service.functions, user.username)
    // All have read the user before the first password is verified.
    const responses = await Promise.all(['fr', 'en', 'fr', 'en'].map((locale) => change(token, locale)))
    const statuses = responses.map(({ status }) => status).toSorted()
    expect(statuses).toEqual([204, 409, 409, 409])
    const updated = (await service.ask('GET /me/events', { token })).body.events.filter(
      ({ type }: { type: string }) => type === 'user.updated',
    )
    expect(updated).toHaveLength(1)
  })

  test('needs the current password, whose guesses are limited', async () => {
    stopClock()
    const user = await addUser({ locale: 'de' })
    const { authToken: token } = await signIn(service.functions, user.username)
    const statuses = []
    for (let tried = 1; tried <= 11; tried += 1) statuses.push((await change(token, 'fr', 'wrong')).status)
    expect(statuses).toEqual([...Array(10).fill(422), 429])
    expect((await service.user(user.username)).locale).toBe('de')
  })

  test.each([
    ['a language that the service does not have', 'it', PASSWORD, '#/locale'],
    ['another spelling', 'DE', PASSWORD, '#/locale'],
    ['a name of an object', '__proto__', PASSWORD, '#/locale'],
    ['a wrong password', 'fr', 'not the password', '#/currentPassword'],
  ])('with %s is refused', async (_, locale, password, pointer) => {
    const user = await addUser({ locale: 'de' })
    const { authToken: token } = await signIn(service.functions, user.username)
    const { status, body } = await change(token, locale, password)
    expect([status, body.errors[0].pointer]).toEqual([422, pointer])
    expect(await service.user(user.username)).toEqual(user)
    expect(service.mailTo(String(user.email)).subject).toBe('Neue Anmeldung bei Test')
  })
})

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` })

/** Adds a user with a confirmed address. */
async function addUser(values: Partial<User>): Promise<User> {
  const email = `${randomUUID()}@example.org`
  return service.user(await service.add({ email, emailVerified: true, ...values }))
}
