import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import type { AwsCall } from '../../lib/aws/client.ts'
import { findPasskeys } from '../../lib/factors/passkeys/store.ts'
import { hashRecoveryCode } from '../../lib/factors/recovery-codes/recovery-codes.ts'
import { findRecoveryCodes } from '../../lib/factors/recovery-codes/store.ts'
import { decryptSecret } from '../../lib/factors/totp/secret.ts'
import { findTotp } from '../../lib/factors/totp/store.ts'
import { base32Of } from '../../lib/factors/totp/totp.ts'
import { keyAlias } from '../../project/names.ts'
import { startHashers } from '../../scripts/users/import/hashes/hashers.ts'
import { addRow } from '../../scripts/users/import/import-users.ts'
import { readAccount } from '../../scripts/users/import/new-account.ts'
import { readyHash, temporaryFolder, useStore } from '../support/process/operator.ts'
import { encodeCbor } from '../support/users/webauthn/cbor.ts'
import { newPasskey } from './leaving/movers.ts'

const store = await useStore()
beforeEach(() => store.clear())

const AT = '2026-01-31T12:00:00.000Z'
const ID = 'Ada_Lovelace-1815-12-A'
const SECRET = randomBytes(20)
const totp = { secret: base32Of(SECRET), lastStep: 9, createdAt: AT }
const recoveryCodes = { hashes: [hashRecoveryCode(ID, '0123456789ABCDEF')], createdAt: AT }
const ada = { id: ID, username: 'ada', role: 'user', passwordHash: readyHash() }

function passkey(values: object = {}) {
  const { id, coseKey } = newPasskey(ID)
  return {
    ...{
      credentialId: id.toString('base64url'),
      publicKey: encodeCbor(coseKey).toString('base64url'),
      counter: 0,
    },
    ...{ deviceType: 'multiDevice', backedUp: true, uvInitialized: true, name: 'Phone', createdAt: AT },
    ...values,
  }
}

test('import adds the factors of a user, with the secret under the key of this stage', async () => {
  const passkeys = [passkey({ transports: ['internal', 'hybrid'], lastUsedAt: AT })]
  expect(await add({ ...ada, totp, passkeys, recoveryCodes })).toMatchObject({ status: 0 })
  expect((await store.user('ada'))?.factors).toBe('totp passkey')
  const stored = await findTotp(store.table, ID)
  expect(stored).toMatchObject({ lastStep: 9, createdAt: AT })
  const key = keyAlias(store.table.name, 'factors')
  expect(await decryptSecret(store.table.aws, key, ID, stored?.ciphertext ?? '')).toEqual(SECRET)
  expect(await findPasskeys(store.table, ID)).toEqual([{ ...passkeys[0], transports: 'internal hybrid' }])
  expect(await findRecoveryCodes(store.table, ID)).toEqual(recoveryCodes.hashes)
})

test.each([
  [
    'a passkey without the id of its user',
    { id: undefined, passkeys: [passkey()] },
    'passkeys, recoveryCodes: These need the id of their user.',
  ],
  [
    'recovery codes without an id',
    { id: undefined, totp, recoveryCodes },
    'passkeys, recoveryCodes: These need the id of their user.',
  ],
  ['recovery codes without a factor', { recoveryCodes }, 'recoveryCodes: There is no second factor.'],
  ['a passkey twice', { passkeys: Array(2).fill(passkey()) }, 'passkeys: Repeats a passkey.'],
  ['no passkeys', { passkeys: [] }, 'passkeys: Must not be empty.'],
  [
    'a key that is none',
    { passkeys: [passkey({ publicKey: 'AAAA' })] },
    'passkeys.0.publicKey: Must be a COSE key in base64url.',
  ],
  [
    'a credential id that is not base64url',
    { passkeys: [passkey({ credentialId: 'a+' })] },
    'passkeys.0.credentialId: Must be a credential id in base64url.',
  ],
  ['a passkey with another member', { passkeys: [passkey({ origin: 'x' })] }, 'Unknown member.'],
  ['a short secret', { totp: { ...totp, secret: 'AAAA' } }, 'totp.secret: Must be 20 bytes in base32.'],
  [
    'a secret in lower case',
    { totp: { ...totp, secret: totp.secret.toLowerCase() } },
    'totp.secret: Must be 20 bytes in base32.',
  ],
  [
    'a step that is no number',
    { totp: { ...totp, lastStep: 1.5 } },
    'totp.lastStep: Must be a whole number.',
  ],
  [
    'a hash that is none',
    { totp, recoveryCodes: { ...recoveryCodes, hashes: ['code'] } },
    'recoveryCodes.hashes.0: Must be a hash.',
  ],
])('a line with %s is invalid', (_, values, fault) => {
  expect(readAccount({ ...ada, ...values })).toEqual({ fault })
})

test.each([false, true])('a passkey belongs to one user, with a dry run %s', async (isDryRun) => {
  const args = isDryRun ? ['--dry-run'] : []
  const own = passkey()
  await add({ ...ada, id: 'Grace_Hopper-1906-12-A', username: 'grace', passkeys: [own] })
  const { stderr } = await add({ ...ada, passkeys: [own] }, ...args)
  expect(stderr).toContain('line 1: passkeys: Another user has one of them.\n')
  expect(await store.user('ada')).toBeUndefined()
})

test('a passkey that another command stores first leaves no part of the user', async () => {
  const own = passkey()
  const account = readAccount({ ...ada, totp, passkeys: [own] })
  if ('fault' in account) throw new Error(account.fault)
  const aws: AwsCall = async (service, action, input) => {
    if (action === 'TransactWriteItems')
      await add({ ...ada, id: 'Grace_Hopper-1906-12-A', username: 'grace', passkeys: [own] })
    return await store.table.aws(service, action, input)
  }
  const settle = addRow({ ...store.table, aws }, startHashers(), () => new Date())
  expect(await settle(account, 1)).toEqual({ fault: 'passkeys: Another user has one of them.' })
  expect(await findTotp(store.table, ID)).toBeUndefined()
  expect(await store.user('ada')).toBeUndefined()
})

function add(line: object, ...args: string[]) {
  const file = join(temporaryFolder(), 'users.jsonl')
  writeFileSync(file, `${JSON.stringify(line)}\n`)
  return store.run(['import', file, ...args])
}
