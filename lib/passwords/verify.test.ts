import { argon2Sync, randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { useTable } from '../../test/support/aws/table.ts'
import { recordLogs } from '../../test/support/logs.ts'
import { addTestUser, testAct, testUser } from '../../test/support/users/users.ts'
import type { Table } from '../aws/dynamodb.ts'
import { ServiceError } from '../errors.ts'
import { changeUser, findUser } from '../users/store.ts'
import type { User } from '../users/user.ts'
import { DECOY_HASH, hashPassword, SALT_BYTES, verifyPassword } from './hash.ts'
import { upgradeHash, verifyUserPassword } from './verify.ts'

// The real function, with its calls counted.
vi.mock('node:crypto', async (importOriginal) => {
  const crypto = await importOriginal<typeof import('node:crypto')>()
  return { ...crypto, argon2Sync: vi.fn(crypto.argon2Sync) }
})

const { table } = await useTable()

const hashOfSecret = await hashPassword('secret', randomBytes(SALT_BYTES))
const CURRENT = [19_456, 2, 1]

let records: unknown[]
beforeEach(() => {
  records = []
  recordLogs(records, ['info', 'error'])
  vi.mocked(argon2Sync).mockClear()
})
afterEach(() => {
  vi.mocked(console.info).mockRestore()
  vi.mocked(console.error).mockRestore()
})

describe('a password', () => {
  const ada = testUser({ username: 'ada', passwordHash: hashOfSecret })

  test.each<[string, User | undefined, string, User | undefined]>([
    ['that is correct returns the user', ada, 'secret', ada],
    ['that is wrong returns no user', ada, 'guess', undefined],
    ['of an unknown name returns no user', undefined, 'secret', undefined],
    ['of a user without one returns no user', { ...ada, passwordHash: DECOY_HASH }, 'secret', undefined],
    ['of a disabled user returns no user', { ...ada, disabled: true }, 'secret', undefined],
    ['of a disabled user returns no user if it is wrong', { ...ada, disabled: true }, 'guess', undefined],
  ])('%s, and costs one hash', async (_what, user, password, expected) => {
    expect(await verifyUserPassword({ user }, password)).toBe(expected)
    expect(hashes()).toEqual([[password, CURRENT]])
    expect(records).toEqual([])
  })

  test('is verified at the cost of its hash', async () => {
    const user = { ...ada, passwordHash: hashOf('secret', 64, 3, 2) }
    hashes()
    expect(await verifyUserPassword({ user }, 'secret')).toBe(user)
    expect(hashes()).toEqual([['secret', [64, 3, 2]]])
  })

  test.each([
    ['$argon2id$v=19$m=262145,t=1,p=1$', 'argon2id exceeds the cost limits'],
    ['$argon2id$v=19$m=8,t=11,p=1$', 'argon2id exceeds the cost limits'],
    ['$argon2id$v=19$m=31,t=1,p=4$', 'argon2id costs less than the algorithm allows'],
    ['no PHC string', 'unknown kind of hash'],
  ])('never matches the stored hash %s, which costs one hash and is logged', async (start, reason) => {
    const user = { ...ada, passwordHash: `${start}${'A'.repeat(22)}$${'A'.repeat(43)}` }
    expect(await verifyUserPassword({ user }, 'secret')).toBeUndefined()
    expect(hashes()).toEqual([['secret', CURRENT]])
    expect(records).toEqual([{ event: 'hash.refused', reason }])
  })

  test('is not wrong because hashing fails', async () => {
    const failure = new Error('out of memory')
    vi.mocked(argon2Sync).mockImplementationOnce(() => {
      throw failure
    })
    await expect(verifyUserPassword({ user: ada }, 'secret')).rejects.toBe(failure)
    expect(hashes()).toHaveLength(1)
    expect(records).toEqual([])
  })
})

describe('a hash', () => {
  let count = 0
  /** Stores a user with a hash of the password `secret`. */
  async function add(passwordHash: string): Promise<User> {
    count += 1
    const user = await addTestUser(table, { username: `ada-${count}`, passwordHash })
    hashes()
    return user
  }

  test('weaker than a current one is replaced, with a new salt, and nothing is revoked', async () => {
    const users = [await add(weakHash()), await add(weakHash())]
    const replaced: string[] = []
    for (const user of users) {
      await upgradeHash(table, user, 'secret')
      expect(hashes()).toEqual([['secret', CURRENT]])
      const stored = await findUser(table, user.id)
      expect(stored).toEqual({
        ...user,
        passwordHash: expect.stringMatching(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/),
      })
      replaced.push(stored?.passwordHash ?? '')
      expect(await verifyPassword('secret', stored?.passwordHash ?? '')).toBe(true)
      hashes()
    }
    expect(replaced[0]?.split('$')[4]).not.toBe(replaced[1]?.split('$')[4])
    expect(records).toEqual([])
  })

  test.each([
    ['equal', 38_912, 1],
    ['higher', 47_104, 1],
    ['far higher', 65_536, 3],
  ])('stays if its cost is %s', async (_what, memory, passes) => {
    const user = await add(hashOf('secret', memory, passes))
    await upgradeHash(table, user, 'secret')
    expect(hashes()).toEqual([])
    expect(await findUser(table, user.id)).toEqual(user)
  })

  test('never replaces that of a password that was changed in the meantime', async () => {
    const user = await add(weakHash())
    const passwordHash = await hashPassword('another', randomBytes(SALT_BYTES))
    const { generation } = user
    await changeUser(
      table,
      user,
      { changes: { passwordHash, generation: generation + 1 }, changeId: 'request' },
      testAct(),
    )
    await upgradeHash(table, user, 'secret')
    expect(await findUser(table, user.id)).toMatchObject({ passwordHash, generation: generation + 1 })
    expect(records).toEqual([])
  })

  test('stays if the store fails, which is logged', async () => {
    const user = await add(weakHash())
    const cause = Object.assign(new Error('slow down'), { name: 'ThrottlingException' })
    const failing: Table = {
      name: table.name,
      aws: () => Promise.reject(new ServiceError('unavailable', 'dynamodb UpdateItem failed', { cause })),
    }
    await upgradeHash(failing, user, 'secret')
    expect(records).toEqual([
      {
        event: 'dependency.failed',
        code: 'unavailable',
        reason: 'dynamodb UpdateItem failed',
        cause: 'ThrottlingException: slow down',
      },
    ])
    expect(await findUser(table, user.id)).toEqual(user)
  })
})

/** Returns a hash of any cost, as another program stores it. */
function hashOf(password: string, memory: number, passes: number, parallelism = 1): string {
  const nonce = randomBytes(SALT_BYTES)
  const options = { message: Buffer.from(password), nonce, memory, passes, parallelism, tagLength: 32 }
  const parts = [nonce, argon2Sync('argon2id', options)].map((bytes) =>
    bytes.toString('base64').replace(/=+$/, ''),
  )
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${parts.join('$')}`
}

const weakHash = () => hashOf('secret', 8, 1)

/** The hashes computed since the test began, or since the last call. */
function hashes() {
  const { calls } = vi.mocked(argon2Sync).mock
  return calls
    .splice(0)
    .map(([, { message, memory, passes, parallelism }]) => [String(message), [memory, passes, parallelism]])
}
