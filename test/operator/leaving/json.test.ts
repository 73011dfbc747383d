import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import type { Item } from '../../../lib/aws/dynamodb.ts'
import { attribute, text, texts } from '../../../lib/aws/dynamodb.ts'
import { base32Of } from '../../../lib/factors/totp/totp.ts'
import { hashPassword, SALT_BYTES } from '../../../lib/passwords/hash.ts'
import { success } from '../../support/process/command.ts'
import { type TestService, useService } from '../../support/service.ts'
import { beginLogin, bodyOf, signInByPasskey, totpCode } from '../../support/users/factors.ts'
import { PASSWORD } from '../../support/users/sessions.ts'
import { operate } from '../moved-users.ts'
import { addMovers, newFolder } from './movers.ts'

vi.spyOn(console, 'warn').mockReturnValue()
vi.spyOn(console, 'info').mockReturnValue()
const [from, to] = [await useService({ load: false }), await useService()]
for (const stage of [from, to]) {
  for (const { pk, sk } of await stage.scan()) {
    await stage.table.aws('dynamodb', 'DeleteItem', { TableName: stage.table.name, Key: { pk, sk } })
  }
}
const passwordHash = await hashPassword(PASSWORD, Buffer.alloc(SALT_BYTES, 1))
const { ada, bob } = await addMovers(from.table, passwordHash)

test('a stage that is imported from --for json is the same, item by item', async () => {
  const folder = newFolder()
  const exported = await operate(from, 'export', '--to', folder, '--for', 'json', '--with-secrets')
  expect(exported).toEqual(
    success(
      `Wrote users.jsonl to ${folder}. They have password hashes and secrets: delete them after the import.\n`,
    ),
  )
  expect(readdirSync(folder)).toEqual(['users.jsonl'])
  expect(statSync(folder).mode & 0o777).toBe(0o700)
  const file = join(folder, 'users.jsonl')
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(await operate(to, 'import', file, '--dry-run')).toMatchObject({ status: 0, stderr: '' })
  expect(await operate(to, 'import', file)).toEqual(success('6 added, 0 already there, 0 invalid.\n'))
  expect(await itemsOf(to)).toEqual(await itemsOf(from))
  expect(await operate(to, 'import', file)).toEqual(success('0 added, 6 already there, 0 invalid.\n'))

  const { functions } = to
  const code = async (secret: Buffer, steps = 0) => ({
    loginToken: await beginLogin(functions, 'bob@example.org'),
    code: totpCode(base32Of(secret), steps),
  })
  bodyOf(await functions.ask('POST /login/totp', { body: await code(bob.secret) }))
  bodyOf(await signInByPasskey(functions, ada.passkey))
  const loginToken = await beginLogin(functions, 'ada')
  bodyOf(await functions.ask('POST /login/recovery-code', { body: { loginToken, code: ada.codes[0] } }))
  expect(await beginLogin(functions, 'ada@example.org')).toBeDefined()
})

/** Returns the items of users, without ids and times of changes, and with the secrets of apps decrypted. */
async function itemsOf(stage: TestService): Promise<Item[]> {
  const items = (await stage.scan()) as Item[]
  const ofUsers = items.filter(({ pk }) => /^(?:user|name|identity|credential)#/.test(String(Object(pk).S)))
  const compared = ofUsers.map(async ({ generation, sessionGeneration, changeId, changedAt, ...item }) => {
    // A set has no order.
    if (item.codes) return { ...item, codes: attribute(texts(item, 'codes').toSorted()) }
    if (item.ciphertext === undefined) return item
    const secret = await stage.secretOf(text(item, 'pk').replace('user#', ''), text(item, 'ciphertext'))
    return { ...item, ciphertext: attribute(secret) }
  })
  const keyOf = (item: Item) => JSON.stringify([item.pk, item.sk])
  return (await Promise.all(compared)).sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
}
