import '../support/process/real-argon2.ts'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { verifyPassword } from '../../lib/passwords/hash.ts'
import { findUserByName } from '../../lib/users/store.ts'
import { fillTokens } from '../../local/tokens.ts'
import { foreignHashes } from '../security/hashes/foreign-hashes.ts'
import { useAws } from '../support/aws/table.ts'
import { loginEvent, sampleEvent } from '../support/http/lambda.ts'
import {
  describeService,
  environmentOf,
  root,
  tableOf,
  tokenSourceOf,
} from '../support/process/service-description.ts'
import { proof } from '../support/rows.ts'
import { addTestUser } from '../support/users/users.ts'
import { packageDev } from './packaged.ts'
import { bundleOf, invokeBundle, unpack } from './run-bundle.ts'
import { unzip } from './unzip.ts'

/** Makes `node:crypto` behave as in a Node.js whose OpenSSL has no argon2. */
const WITHOUT_ARGON2 = ['--require', `${root}/test/security/hashes/without-argon2.cjs`]
const FALLBACK = 'node_modules/hash-wasm/dist/argon2.umd.min.js'
const BCRYPT = 'node_modules/bcryptjs/index.js'
const LOGGED = "{ event: 'argon2.fallback', reason: 'ERR_CRYPTO_ARGON2_NOT_SUPPORTED' }\n"

const service = describeService()
// Outside this repository, whose node_modules Node.js would find otherwise.
const folder = mkdtempSync(join(tmpdir(), 'hashes-'))

const { folder: packaged } = await packageDev()
for (const functionKey of ['login', 'password']) {
  const files = unzip(readFileSync(`${packaged}/${functionKey}.zip`))
  unpack(files, `${folder}/whole/${functionKey}`)
  unpack(
    [...files].filter(([name]) => name !== FALLBACK && name !== BCRYPT),
    `${folder}/bundle-alone/${functionKey}`,
  )
}
const aws = await useAws(service)
afterAll(() => {
  rmSync(folder, { recursive: true })
})

const invoke = (functionKey: string, event: unknown, options: string[], place = 'whole') => {
  const bundle = `${folder}/${place}/${functionKey}/${bundleOf(service, functionKey)}`
  return invokeBundle(bundle, event, environmentOf(service, functionKey, aws), options)
}
const login = (password: string, options: string[] = [], place?: string) =>
  invoke('login', loginEvent({ body: JSON.stringify({ username: 'user', password }) }), options, place)

/** Adds a user whose hash is of bcrypt, and returns a login event for it. */
async function addBcryptUser(username: string) {
  const found = foreignHashes.rows.find(({ kind }) => kind === 'bcrypt')
  const { password = '', hash: passwordHash = '' } = found ?? {}
  await addTestUser(tableOf(service, aws), { username, passwordHash })
  return loginEvent({ body: JSON.stringify({ username, password }) })
}

test('login reads bcrypt only at a hash of bcrypt, which it then replaces', async () => {
  const event = await addBcryptUser('moved')
  const crashed = await invoke('login', event, [], 'bundle-alone')
  expect(crashed).toMatchObject({ returned: { statusCode: 500 } })
  expect(crashed.errors).toContain("Cannot find module '/")
  expect(crashed.errors).toContain(BCRYPT)

  expect(await invoke('login', event, [])).toMatchObject({ returned: { statusCode: 200 }, errors: '' })
  const { passwordHash = '' } = (await findUserByName(tableOf(service, aws), 'moved')) ?? {}
  expect(passwordHash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  // The bundle suffices from now on.
  expect(await invoke('login', event, [], 'bundle-alone')).toMatchObject({ returned: { statusCode: 200 } })
})

test('login does not read the fallback where node:crypto has argon2', async () => {
  expect(await login('user', [], 'bundle-alone')).toMatchObject({
    returned: { statusCode: 200 },
    errors: '',
  })
  const crashed = await login('user', WITHOUT_ARGON2, 'bundle-alone')
  expect(crashed).toMatchObject({ returned: { statusCode: 500 } })
  expect(crashed.errors).toContain("Cannot find package 'hash-wasm'")
})

proof('the packages of login and password hash without argon2 in node:crypto', async () => {
  expect(await login('user', WITHOUT_ARGON2)).toMatchObject({ returned: { statusCode: 200 }, errors: LOGGED })
  expect(await login('nope', WITHOUT_ARGON2)).toMatchObject({ returned: { statusCode: 401 }, errors: LOGGED })

  const event = await fillTokens(sampleEvent('password'), tokenSourceOf(service, aws), new Date())
  const { newPassword } = JSON.parse(String(event.body))
  expect(await invoke('password', event, WITHOUT_ARGON2)).toMatchObject({
    returned: { statusCode: 204 },
    errors: LOGGED,
  })
  const { passwordHash = '' } = (await findUserByName(tableOf(service, aws), 'user')) ?? {}
  expect(await verifyPassword(newPassword, passwordHash)).toBe(true)
  expect(await login(newPassword)).toMatchObject({ returned: { statusCode: 200 }, errors: '' })
})
