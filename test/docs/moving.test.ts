import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, inject, onTestFinished, test, vi } from 'vitest'
import { bcrypt, bcryptSha256 } from '../../lib/passwords/foreign/bcrypt.ts'
import { pbkdf2 } from '../../lib/passwords/foreign/pbkdf2.ts'
import { firebaseScrypt, scrypt } from '../../lib/passwords/foreign/scrypt.ts'
import { hashFault } from '../../scripts/users/import/hashes/hash-fault.ts'
import { root } from '../support/process/service-description.ts'

/** What Cognito passes to its user migration trigger, as far as the program reads it. */
interface MigrationEvent {
  triggerSource: string
  userName: string
  request: { password: string }
  response: object
}

test('the user migration trigger for Cognito takes the correct password only', async () => {
  const trigger = await loadTrigger()
  expect(await trigger(event('user'))).toEqual({
    ...event('user'),
    response: {
      userAttributes: { email: 'user', email_verified: 'true' },
      finalUserStatus: 'CONFIRMED',
      messageAction: 'SUPPRESS',
    },
  })
  await expect(trigger(event('wrong'))).rejects.toThrow('Wrong username or password.')
  await expect(trigger(event('user', 'UserMigration_ForgotPassword'))).rejects.toThrow('Sign in first.')
})

/** Values for the words of the accepted forms. Forms differ in how many characters their salts and hashes have. */
const fill = (form: string, length: number) => {
  const sizes: Record<string, number> = {
    SALT: 22,
    HASH: length,
    HEX: 64,
    SALT_AND_HASH: 53,
    SIGNER_KEY: 86,
    SEPARATOR: 4,
  }
  const costs: Record<string, number> = {
    COST: 10,
    ITERATIONS: 1000,
    N: 16384,
    LOG2_N: 14,
    R: 8,
    P: 1,
    MEMORY_KIB: 19456,
    PASSES: 2,
    LANES: 1,
  }
  return form.replace(/[A-Z][A-Z0-9_]*/g, (word) => String(costs[word] ?? 'a'.repeat(sizes[word] ?? 0)))
}

test('MOVING.md lists each accepted form of a hash, and no other one', () => {
  const document = readFileSync(join(root, 'docs/MOVING.md'), 'utf8')
  const forms =
    /These are the accepted forms.*?^```text\n(.*?)^```$/ms.exec(document)?.[1]?.trim().split('\n') ?? []
  const hashes = forms.map((form) => [31, 86].map((length) => fill(form, length)))
  for (const [index, ways] of hashes.entries()) {
    expect(
      ways.some((hash) => hashFault(hash) === undefined),
      forms[index],
    ).toBe(true)
  }
  const spellings = [bcrypt, bcryptSha256, pbkdf2, scrypt, firebaseScrypt].flatMap((kind) => kind.spellings)
  const unlisted = spellings.filter((spelling) => !hashes.flat().some((hash) => spelling.test(hash)))
  expect(unlisted).toEqual([])
})

/** Loads the program for Cognito of examples/moving. */
async function loadTrigger(): Promise<(event: MigrationEvent) => Promise<MigrationEvent>> {
  vi.stubEnv('API', inject('serviceUrl'))
  onTestFinished(() => void vi.unstubAllEnvs())
  return (await import(join(root, 'examples/moving/cognito-trigger.mjs'))).handler
}

const event = (password: string, triggerSource = 'UserMigration_Authentication') => ({
  triggerSource,
  userName: 'user',
  request: { password },
  response: {},
})
