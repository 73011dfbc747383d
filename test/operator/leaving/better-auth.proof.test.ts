import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { verifyAuthenticationResponse } from '@simplewebauthn/server'
import type { betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { argon2id } from 'hash-wasm'
import { expect, onTestFinished, test, vi } from 'vitest'
import '../../support/process/real-argon2.ts'
import { base32Of } from '../../../lib/factors/totp/totp.ts'
import { hashPassword } from '../../../lib/passwords/hash.ts'
import { PASSWORD, useStore } from '../../support/process/operator.ts'
import { root } from '../../support/process/service-description.ts'
import { ORIGIN } from '../../support/service.ts'
import { totpCode, wrongTotpCode } from '../../support/users/factors.ts'
import { usePasskey } from '../../support/users/webauthn/authenticator.ts'
import { ACME, addMover, addMovers, BCRYPT, GOOGLE } from './movers.ts'

// better-auth from npm, with the program and the configuration of examples/moving.

// better-auth logs each refused sign-in.
vi.spyOn(console, 'warn').mockReturnValue()
vi.spyOn(console, 'error').mockReturnValue()
const store = await useStore()
const USERS = 50

test('50 users sign in at better-auth with the same password and the same authenticator app', async () => {
  const secrets = Array.from({ length: USERS }, () => randomBytes(20))
  for (const [index, secret] of secrets.entries()) {
    const email = `user-${index}@example.org`
    const passwordHash = await hashOf(`${PASSWORD} ${index}`, index)
    const values = { username: index % 2 ? email : `user-${index}`, email, emailVerified: true, passwordHash }
    await addMover(store.table, values, { secret })
  }
  const { auth } = await importAll()
  for (const [index, secret] of secrets.entries()) {
    const email = `user-${index}@example.org`
    const password = `${PASSWORD} ${index}`
    expect(await signIn(auth, email, `${password}x`)).toMatchObject({ status: 401 })
    const first = await signIn(auth, email, password)
    expect(first).toMatchObject({ status: 200, body: { twoFactorRedirect: true } })
    expect(await verify(auth, first.cookie, wrongTotpCode(base32Of(secret)))).toMatchObject({ status: 401 })
    const second = await verify(auth, first.cookie, totpCode(base32Of(secret)))
    expect(second).toMatchObject({ status: 200, body: { user: { email, emailVerified: true } } })
  }
}, 300_000)

/** Hashes a password: for some users at the cost of this service, for others at a low one, which takes less time. */
const hashOf = (password: string, index: number) =>
  index % 10 === 0
    ? hashPassword(password, randomBytes(16))
    : argon2id({
        ...{ password, salt: randomBytes(16), memorySize: 8, iterations: 1, parallelism: 1, hashLength: 32 },
        outputType: 'encoded',
      })

test('roles, bans, identities and passkeys are in the rows, and secrets are encrypted', async () => {
  await store.clear()
  const passwordHash = await hashPassword(PASSWORD, randomBytes(16))
  const { ada } = await addMovers(store.table, passwordHash)
  const { auth, losses, rowsOf } = await importAll()
  expect(losses).toBe(
    [
      'This does not move to better-auth:',
      '  recovery codes: 2 users (ada, bob@example.org)',
      '  ids of an earlier program: 2 users (ada, erin@example.org)',
      '  capital letters of addresses: 1 user (ada)',
      '  passkeys that only count after a password: 1 user (ada)',
      '  users, because they have no address: 1 user (dora)',
      '  the duty to add a second factor: 1 user (erin@example.org)',
      '  passwords that are still at the old place: 1 user (erin@example.org)',
      '  password hashes of the kind PBKDF2: 1 user (fred@example.org)',
      '',
    ].join('\n'),
  )
  const user = {
    id: ada.id,
    email: 'ada@example.org',
    username: 'ada',
    role: 'admin',
    banned: 0,
    twoFactorEnabled: 1,
  }
  expect(rowsOf('user')).toContainEqual(
    expect.objectContaining({ ...user, createdAt: '2026-03-01T10:00:00.000Z' }),
  )
  expect(rowsOf('account')).toEqual(
    expect.arrayContaining([
      expect.objectContaining({
        userId: ada.id,
        providerId: 'google',
        accountId: GOOGLE.subject,
        password: null,
      }),
      expect.objectContaining({
        userId: ada.id,
        providerId: 'acme',
        accountId: ACME.subject,
        password: null,
      }),
    ]),
  )
  const secret = base32Of(ada.secret)
  expect(JSON.stringify(rowsOf('twoFactor'))).not.toContain(secret)
  const carl = await signIn(auth, 'carl@example.org', BCRYPT.password)
  expect(carl).toMatchObject({ status: 403, body: { code: 'BANNED_USER' } })
  expect((await signIn(auth, 'fred@example.org', PASSWORD)).status).toBe(401)

  const challenge = 'a challenge'
  const [row, ...others] = rowsOf('passkey')
  expect(others).toEqual([])
  const asked = { challenge: Buffer.from(challenge).toString('base64url'), rpId: 'localhost' }
  const { verified } = await verifyAuthenticationResponse({
    response: usePasskey(ada.passkey, asked, ORIGIN),
    expectedChallenge: asked.challenge,
    expectedOrigin: ORIGIN,
    expectedRPID: 'localhost',
    credential: {
      id: String(row?.credentialID),
      publicKey: Buffer.from(String(row?.publicKey), 'base64'),
      counter: Number(row?.counter),
    },
  })
  expect(verified).toBe(true)
}, 60_000)

type Auth = ReturnType<typeof betterAuth>

/** The table of the plugin `@better-auth/passkey`, in place of the plugin. */
const PASSKEY_TABLE = `{ id: 'passkey', schema: { passkey: { fields: {
  name: { type: 'string', required: false }, publicKey: { type: 'string', required: true },
  userId: { type: 'string', references: { model: 'user', field: 'id' }, required: true },
  credentialID: { type: 'string', required: true }, counter: { type: 'number', required: true },
  deviceType: { type: 'string', required: true }, backedUp: { type: 'boolean', required: true },
  transports: { type: 'string', required: false }, createdAt: { type: 'date', required: false },
} } } }`

/** Exports the stage, and runs the programs of examples/moving on the files. */
async function importAll() {
  const cache = join(root, 'node_modules/.cache')
  mkdirSync(cache, { recursive: true })
  // Under the packages of this project, because the programs import them.
  const folder = mkdtempSync(join(cache, 'leaving-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const { status, stderr } = await store.run([
    ...['export', '--to', join(folder, 'moved'), '--for', 'better-auth', '--with-secrets'],
  ])
  expect(status).toBe(0)
  const read = (program: string) => readFileSync(join(root, 'examples/moving/better-auth', program), 'utf8')
  const file = join(folder, 'auth.sqlite')
  writeFileSync(
    join(folder, 'auth.mjs'),
    read('auth.mjs')
      .replace("'auth.sqlite'", JSON.stringify(file))
      .replace('plugins: [', `plugins: [${PASSKEY_TABLE}, `),
  )
  writeFileSync(join(folder, 'move.mjs'), read('move.mjs').replace('`moved/', `\`${folder}/moved/`))
  vi.stubEnv('BETTER_AUTH_SECRET', randomBytes(32).toString('base64'))
  vi.stubEnv('BETTER_AUTH_URL', URL_THERE)
  const { auth }: { auth: Auth } = await import(pathToFileURL(join(folder, 'auth.mjs')).href)
  await (await getMigrations(auth.options)).runMigrations()
  await import(pathToFileURL(join(folder, 'move.mjs')).href)
  const database = new DatabaseSync(file)
  const rowsOf = (table: string) => database.prepare(`select * from "${table}"`).all()
  return { auth, losses: stderr, rowsOf }
}

const URL_THERE = 'http://localhost:3000'

async function post(auth: Auth, path: string, body: object, cookie = '') {
  const headers = { 'content-type': 'application/json', origin: URL_THERE, ...(cookie && { cookie }) }
  const request = new Request(`${URL_THERE}/api/auth/${path}`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  })
  const response = await auth.handler(request)
  const cookies = response.headers.getSetCookie().map((one) => one.split(';')[0])
  return { status: response.status, body: await response.json(), cookie: cookies.join('; ') }
}

const signIn = (auth: Auth, email: string, password: string) =>
  post(auth, 'sign-in/email', { email, password })

const verify = (auth: Auth, cookie: string, code: string) =>
  post(auth, 'two-factor/verify-totp', { code }, cookie)
