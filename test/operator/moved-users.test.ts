import '../support/process/real-argon2.ts'
import { expect, test, vi } from 'vitest'
import { foreignHashes } from '../security/hashes/foreign-hashes.ts'
import { useService } from '../support/service.ts'
import { signIn } from '../support/users/sessions.ts'
import { importSixKinds, operate, SIX_KINDS, signInOfEachKind } from './moved-users.ts'

vi.spyOn(console, 'info').mockReturnValue()
vi.spyOn(console, 'warn').mockReturnValue()
const stores = await useService()
const { functions } = stores

/** argon2id at the cost of new hashes. */
const CURRENT = /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/

test('users of six kinds of hash sign in, and have a current hash afterwards', async () => {
  await importSixKinds(stores, 2 * SIX_KINDS.length)
  const hashes = await signInOfEachKind(stores, functions, 1)
  expect(new Set(hashes).size).toBe(6)
  for (const hash of hashes) expect(hash).toMatch(CURRENT)
  // Again, with the new hashes.
  expect(await signInOfEachKind(stores, functions, 1)).toEqual(hashes)

  const refused = await functions.ask('login', { body: { username: 'moved-6', password: 'wrong' } })
  expect(refused.status).toBe(401)
  const { stdout } = await operate(stores, 'list', '--rehash-report', '--filter', 'moved-', '--json')
  const replaced = SIX_KINDS.map(({ kind }) => ({ hash: kind, users: 1, isReplaced: true }))
  expect(JSON.parse(stdout)).toEqual([
    { hash: 'argon2id', users: 6, isReplaced: false },
    ...replaced.sort((a, b) => (a.hash < b.hash ? -1 : 1)),
  ])
})

test('a password over 72 bytes keeps its hash of bcrypt until it is changed', async () => {
  const password = '0123456789'.repeat(8).slice(0, 73)
  const found = foreignHashes.rows.find((row) => row.kind === 'bcrypt' && row.password === password)
  const passwordHash = found?.hash ?? ''
  const username = await stores.add({ passwordHash })
  const { authToken } = await signIn(functions, username, password)
  // A typo after byte 72 must not become the password.
  await signIn(functions, username, `${password.slice(0, 72)}x`)
  await signIn(functions, username, password.slice(0, 72))
  expect((await stores.user(username)).passwordHash).toBe(passwordHash)

  const body = { currentPassword: password, newPassword: `${password.slice(0, 72)}another end` }
  expect((await functions.ask('password', { body, token: authToken })).status).toBe(204)
  expect((await stores.user(username)).passwordHash).toMatch(CURRENT)
  await signIn(functions, username, body.newPassword)
  const refused = await functions.ask('login', { body: { username, password } })
  expect(refused.status).toBe(401)
})
