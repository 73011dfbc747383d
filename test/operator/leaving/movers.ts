import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { attributesOf, type Table } from '../../../lib/aws/dynamodb.ts'
import { recoveryCodesKey, totpKey } from '../../../lib/factors/keys.ts'
import { addPasskey } from '../../../lib/factors/passkeys/store.ts'
import { hashRecoveryCode } from '../../../lib/factors/recovery-codes/recovery-codes.ts'
import { encryptSecret } from '../../../lib/factors/totp/secret.ts'
import { base32Of } from '../../../lib/factors/totp/totp.ts'
import { type Identity, linkWrites } from '../../../lib/federation/identity.ts'
import { DECOY_HASH } from '../../../lib/passwords/hash.ts'
import { createUser } from '../../../lib/users/names.ts'
import type { User } from '../../../lib/users/user.ts'
import { keyAlias } from '../../../project/names.ts'
import { ORIGIN } from '../../support/service.ts'
import { testAct, testUser } from '../../support/users/users.ts'
import { createPasskey, type SoftPasskey } from '../../support/users/webauthn/authenticator.ts'
import { encodeCbor } from '../../support/users/webauthn/cbor.ts'

/** What a user has in addition to the profile. */
interface Belongings {
  /** Secret of an authenticator app. */
  secret?: Buffer
  passkeys?: { passkey: SoftPasskey; uvInitialized: boolean }[]
  recoveryCodes?: string[]
  identities?: Omit<Identity, 'id'>[]
}

const AT = '2026-03-01T10:00:00.000Z'
const LATER = '2026-04-01T10:00:00.000Z'

export const GOOGLE = {
  provider: 'our-google',
  issuer: 'https://accounts.google.com',
  subject: '108400',
  label: 'ada@gmail.example',
  createdAt: AT,
  lastUsedAt: LATER,
}
export const ACME = {
  provider: 'acme',
  issuer: 'https://login.acme.example',
  subject: 'a-1',
  label: 'ada',
  createdAt: LATER,
}

/** Adds a user with what belongs to it, as the service stores it. */
export async function addMover(
  table: Table,
  values: Partial<User> & Pick<User, 'username'>,
  { secret, passkeys = [], recoveryCodes = [], identities = [] }: Belongings = {},
): Promise<User> {
  const factors = [...(secret ? ['totp'] : []), ...(passkeys.length > 0 ? ['passkey'] : [])].join(' ')
  const user = {
    ...testUser({ createdAt: AT, ...values }, new Date(LATER)),
    ...(factors && { factors }),
  }
  const put = (key: object, item: object) => ({ Put: { Item: { ...key, ...attributesOf(item) } } })
  const codes = recoveryCodes.map((code) => hashRecoveryCode(user.id, code))
  const ciphertext =
    secret && (await encryptSecret(table.aws, keyAlias(table.name, 'factors'), user.id, secret))
  const more = [
    ...identities.flatMap((one) => linkWrites(user.id, one)),
    ...passkeys.flatMap(({ passkey, uvInitialized }, index) =>
      addPasskey(user.id, storedOf(passkey, uvInitialized, index)),
    ),
    ...(codes.length > 0 ? [put(recoveryCodesKey(user.id), { codes, createdAt: AT })] : []),
    ...(ciphertext ? [put(totpKey(user.id), { ciphertext, lastStep: 7, createdAt: AT })] : []),
  ]
  const outcome = await createUser(table, user, testAct(), ...more)
  if (outcome !== 'done') throw new Error(outcome)
  return user
}

const storedOf = (passkey: SoftPasskey, uvInitialized: boolean, index: number) => ({
  credentialId: passkey.id.toString('base64url'),
  publicKey: encodeCbor(passkey.coseKey).toString('base64url'),
  counter: 3 + index,
  transports: 'internal hybrid',
  deviceType: 'multiDevice' as const,
  backedUp: true,
  uvInitialized,
  name: `Key ${index + 1}`,
  createdAt: new Date(Date.parse(AT) + index).toISOString(),
  lastUsedAt: LATER,
})

/** Makes a passkey of a user of this id. */
export const newPasskey = (id: string): SoftPasskey =>
  createPasskey(
    { challenge: 'AAAA', rp: { id: 'localhost', name: 'Test' }, user: { id, name: 'x', displayName: 'x' } },
    ORIGIN,
    { counter: 3 },
  ).passkey

const idOfBytes = (bytes: Buffer) => bytes.toString('base64url')

/** Adds users who together have everything that can move, and some things that cannot. Returns what they sign in with. */
export async function addMovers(table: Table, passwordHash: string) {
  const ada = {
    id: idOfBytes(randomBytes(16)),
    secret: randomBytes(20),
    codes: ['AAAA-BBBB-CCCC-DDDD', 'AAAA-BBBB-CCCC-0000'],
  }
  const passkey = newPasskey(ada.id)
  const bob = { secret: randomBytes(20) }
  await addMover(
    table,
    {
      ...{ id: ada.id, username: 'ada', role: 'admin', passwordHash, externalId: 'auth0|1' },
      ...{ email: 'ada@example.org', emailAsWritten: 'Ada@Example.org', emailVerified: true },
    },
    {
      secret: ada.secret,
      recoveryCodes: ada.codes,
      passkeys: [
        { passkey, uvInitialized: true },
        { passkey: newPasskey(ada.id), uvInitialized: false },
      ],
      identities: [GOOGLE, ACME],
    },
  )
  const mail = (name: string, emailVerified = true) => ({
    username: `${name}@example.org`,
    email: `${name}@example.org`,
    emailVerified,
  })
  await addMover(
    table,
    { ...mail('bob'), passwordHash },
    { secret: bob.secret, recoveryCodes: ['BBBB-BBBB-BBBB-BBBB'] },
  )
  await addMover(table, { username: 'carl', passwordHash: BCRYPT.hash, disabled: true, ...address('carl') })
  await addMover(table, { username: 'dora', passwordHash })
  await addMover(table, {
    ...mail('erin', false),
    ...{ passwordHash: DECOY_HASH, passwordFrom: 'old-erin', externalId: 'e-1', mustEnrol: true },
  })
  await addMover(table, { ...mail('fred'), passwordHash: `pbkdf2:sha256:1000$salt$${'ab'.repeat(32)}` })
  return { ada: { ...ada, passkey }, bob, secrets: [ada.secret, bob.secret].map(base32Of) }
}

const address = (name: string) => ({ email: `${name}@example.org`, emailVerified: true })

/** A bcrypt hash, as Django stores it. */
export const BCRYPT = {
  password: 'a password of carl',
  hash: 'bcrypt$$2b$04$abcdefghijklmnopqrstuuF73Su9Exp2MO2DtE/NGNAsjYJfj2/8u',
}

/** Returns the path of a folder that does not exist yet, and removes it when the test ends. */
export function newFolder(): string {
  const parent = mkdtempSync(join(tmpdir(), 'leaving-'))
  onTestFinished(() => rmSync(parent, { recursive: true }))
  return join(parent, 'out')
}
