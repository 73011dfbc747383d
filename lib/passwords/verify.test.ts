import { argon2Sync, randomBytes } from 'node:crypto'
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { fifty } from '../../test/support/fifty.ts'
import { startTable } from '../../test/support/table.ts'
import type { AwsCall } from '../aws/client.ts'
import { countersFor, type Limits } from '../throttling/limits.ts'
import { countFailure, findUserAndCounters } from '../throttling/store.ts'
import { revokeTokens } from '../users/revocation.ts'
import { addUser, changeUser, findUser, profileKey } from '../users/store.ts'
import { newUser, type User } from '../users/user.ts'
import { hashPassword, SALT_BYTES, verifyPassword } from './hash.ts'
import { checkPassword, confirmPassword } from './verify.ts'

// The real function, with its calls counted.
vi.mock('node:crypto', async (importOriginal) => {
  const crypto = await importOriginal<typeof import('node:crypto')>()
  return { ...crypto, argon2Sync: vi.fn(crypto.argon2Sync) }
})

const { table, client, stop } = await startTable()
const { aws } = table
afterAll(stop)

const limits: Limits = {
  userAndSource: { failures: 5, windowSeconds: 900 },
  source: { failures: 50, windowSeconds: 900 },
  user: { failures: 100, windowSeconds: 86_400 },
}

/** Returns a hash of any cost, as another program stores it. */
function hashOf(password: string, memory: number, passes: number, parallelism = 1): string {
  const nonce = randomBytes(SALT_BYTES)
  const options = { message: Buffer.from(password), nonce, memory, passes, parallelism, tagLength: 32 }
  const parts = [nonce, argon2Sync('argon2id', options)].map((bytes) =>
    bytes.toString('base64').replace(/=+$/, ''),
  )
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${parts.join('$')}`
}

// Each test has its own users and its own source.
let count = 0
let sourceIp: string
beforeEach(() => {
  count += 1
  sourceIp = `203.0.113.${count}`
})

async function add(changes: Partial<User> = {}, password = 'secret'): Promise<User> {
  const passwordHash = await hashPassword(password, randomBytes(SALT_BYTES))
  const user = { ...newUser(`ada-${count}`, 'user', passwordHash, new Date()), ...changes }
  await addUser(table, user)
  vi.mocked(argon2Sync).mockClear()
  return user
}
/** Checks and confirms a password. */
async function check(username: string, password: string, of = limits, on = table) {
  const right = await checkPassword(on, of, { username, password, sourceIp })
  return right && confirmPassword(on, right)
}

const remove = ({ username }: User) =>
  aws('dynamodb', 'DeleteItem', { TableName: table.name, Key: profileKey(username) })

/** Returns the failures counted for the pair of a name and this test's source, the source, and the name. */
async function failures(username: string): Promise<number[]> {
  const { counters } = await findUserAndCounters(table, username, countersFor(username, sourceIp, limits))
  return counters.map((counter) => counter.failures)
}

const hashes = () =>
  vi.mocked(argon2Sync).mock.calls.map(([, { message, memory, passes, parallelism }]) => ({
    message: String(message),
    cost: [memory, passes, parallelism],
  }))
const today = [19_456, 2, 1]

describe('a password', () => {
  test('that is correct returns the user, for one hash, and counts nothing', async () => {
    const user = await add()
    expect(await check(user.username, 'secret')).toEqual(user)
    expect(hashes()).toEqual([{ message: 'secret', cost: today }])
    expect(await failures(user.username)).toEqual([0, 0, 0])
  })

  test('that is wrong costs one hash and counts for the pair, the source and the user', async () => {
    const user = await add()
    expect(await check(user.username, 'guess')).toBeUndefined()
    expect(hashes()).toEqual([{ message: 'guess', cost: today }])
    expect(await failures(user.username)).toEqual([1, 1, 1])
  })

  test('of an unknown name costs and counts the same', async () => {
    vi.mocked(argon2Sync).mockClear()
    expect(await check(`nobody-${count}`, 'guess')).toBeUndefined()
    expect(hashes()).toEqual([{ message: 'guess', cost: today }])
    expect(await failures(`nobody-${count}`)).toEqual([1, 1, 1])
  })

  test('of a disabled user costs and counts the same, even if it is correct', async () => {
    const user = await add({ disabled: true })
    expect(await check(user.username, 'secret')).toBeUndefined()
    expect(hashes()).toEqual([{ message: 'secret', cost: today }])
    expect(await failures(user.username)).toEqual([1, 1, 1])
  })

  test('makes the same store calls if wrong, of an unknown or of a disabled user', async () => {
    const { username } = await add()
    await addUser(table, { ...(await add()), username: `off-${count}`, disabled: true })
    const callsFor = async (name: string, password: string) => {
      const calls: string[] = []
      const watched: AwsCall = (service, operation, input) => {
        calls.push(operation)
        return aws(service, operation, input)
      }
      await check(name, password, limits, { aws: watched, name: table.name })
      return calls
    }
    const refusal = ['BatchGetItem', 'UpdateItem', 'UpdateItem', 'UpdateItem']
    expect(await callsFor(username, 'guess')).toEqual(refusal)
    expect(await callsFor(`nobody-${count}`, 'guess')).toEqual(refusal)
    expect(await callsFor(`off-${count}`, 'secret')).toEqual(refusal)
  })

  test('that is correct clears the failures of the pair only', async () => {
    const { username } = await add()
    for (let guess = 0; guess < 4; guess += 1) await check(username, 'guess')
    expect(await check(username, 'secret')).toMatchObject({ username })
    expect(await failures(username)).toEqual([0, 4, 4])
  })
})

describe('past a limit nothing is hashed', () => {
  const many = { failures: 1_000, windowSeconds: 900 }
  const refusal = { code: 'too_many_attempts', retryAfterSeconds: expect.any(Number) }

  test('for an existing user, and the correct password is rejected too', async () => {
    const { username } = await add()
    for (let guess = 0; guess < 5; guess += 1) expect(await check(username, 'guess')).toBeUndefined()
    expect(hashes()).toHaveLength(5)
    await expect(check(username, 'guess')).rejects.toMatchObject(refusal)
    await expect(check(username, 'secret')).rejects.toMatchObject(refusal)
    expect(hashes()).toHaveLength(5)
    // An attempt that is rejected unverified is not a failure, or a lock would never end.
    expect(await failures(username)).toEqual([5, 5, 5])
  })

  test('for an unknown name', async () => {
    vi.mocked(argon2Sync).mockClear()
    for (let guess = 0; guess < 5; guess += 1) expect(await check(`nobody-${count}`, 'guess')).toBeUndefined()
    await expect(check(`nobody-${count}`, 'guess')).rejects.toMatchObject(refusal)
    expect(hashes()).toHaveLength(5)
  })

  test('and the rejection contains the seconds to wait', async () => {
    const { username } = await add()
    const [pair] = countersFor(username, sourceIp, limits)
    if (pair === undefined) throw new TypeError('there is no counter')
    const begun = new Date(Date.now() - 800_000)
    for (let guess = 0; guess < 5; guess += 1) await countFailure(table, pair, begun)
    const error = await check(username, 'secret').catch((failure) => failure)
    expect(error.retryAfterSeconds).toBeGreaterThanOrEqual(90)
    expect(error.retryAfterSeconds).toBeLessThanOrEqual(100)
  })

  test('for other names from a source with too many failures', async () => {
    const { username } = await add()
    const tight = { userAndSource: many, source: { failures: 3, windowSeconds: 900 }, user: many }
    for (const name of ['a', 'b', 'c']) await check(`${name}-${count}`, 'guess', tight)
    vi.mocked(argon2Sync).mockClear()
    await expect(check(username, 'secret', tight)).rejects.toMatchObject(refusal)
    expect(hashes()).toEqual([])
    sourceIp = '198.51.100.1'
    expect(await check(username, 'secret', tight)).toMatchObject({ username })
  })

  test('for a name with too many failures from all sources, while other names work', async () => {
    const { username } = await add()
    const tight = { userAndSource: many, source: many, user: { failures: 3, windowSeconds: 900 } }
    for (const host of [1, 2, 3]) {
      sourceIp = `2001:db8:${count}:${host}::1`
      await check(username, 'guess', tight)
    }
    sourceIp = `2001:db8:${count}:4::1`
    await expect(check(username, 'secret', tight)).rejects.toMatchObject(refusal)
    expect(await check(`nobody-${count}`, 'guess', tight)).toBeUndefined()
  })

  test('for an attacker who guesses from every address of one /64', async () => {
    const { username } = await add()
    for (let host = 1; host <= 5; host += 1) {
      sourceIp = `2001:db8:${count}:0:${host}::${host}`
      await check(username, 'guess')
    }
    sourceIp = `2001:db8:${count}:0:ffff::`
    await expect(check(username, 'secret')).rejects.toMatchObject(refusal)
    sourceIp = `2001:db8:${count}:1::`
    expect(await check(username, 'secret')).toMatchObject({ username })
  })

  test('and the correct guess among many concurrent ones is rejected', async () => {
    const { username } = await add()
    const [pair] = countersFor(username, sourceIp, limits)
    if (pair === undefined) throw new TypeError('there is no counter')
    let looks = 0
    const busy: AwsCall = async (service, operation, input) => {
      if (operation === 'BatchGetItem') looks += 1
      if (looks === 2) {
        for (let guess = 0; guess < 5; guess += 1) await countFailure(table, pair, new Date())
      }
      return aws(service, operation, input)
    }
    await expect(check(username, 'secret', limits, { aws: busy, name: table.name })).rejects.toMatchObject(
      refusal,
    )
    expect(looks).toBe(2)
    expect(await failures(username)).toEqual([5, 0, 0])
  })

  test('and all of 50 concurrent wrong guesses are counted', async () => {
    const { username } = await add({ passwordHash: hashOf('secret', 8, 1) })
    const wide = { userAndSource: many, source: many, user: many }
    await fifty(() => check(username, 'guess', wide))
    expect(await failures(username)).toEqual([50, 50, 50])
    await expect(check(username, 'secret')).rejects.toMatchObject(refusal)
  })
})

describe('a correct password', () => {
  test('is rehashed at the current cost if its hash is weaker, and still matches', async () => {
    const user = await add({ passwordHash: hashOf('secret', 8, 1) })
    const found = await check(user.username, 'secret')
    expect(hashes()).toEqual([
      { message: 'secret', cost: [8, 1, 1] },
      { message: 'secret', cost: today },
    ])
    const stored = await findUser(table, user.username)
    expect(found).toEqual(stored)
    expect(stored).toEqual({
      ...user,
      passwordHash: expect.stringMatching(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/),
    })
    expect(await verifyPassword('secret', stored?.passwordHash ?? '')).toBe(true)
    vi.mocked(argon2Sync).mockClear()
    expect(await check(user.username, 'secret')).toEqual(stored)
    expect(hashes()).toHaveLength(1)
  })

  test('is rehashed with a new salt', async () => {
    const users = [await add({ passwordHash: hashOf('secret', 8, 1) })]
    users.push(await add({ username: `grace-${count}`, passwordHash: hashOf('secret', 8, 1) }))
    const found = await Promise.all(users.map(({ username }) => check(username, 'secret')))
    expect(found[0]?.passwordHash).not.toBe(found[1]?.passwordHash)
  })

  test.each([
    ['equal', 38_912, 1],
    ['higher', 47_104, 1],
    ['far higher', 65_536, 3],
  ])('keeps its hash when the cost is %s', async (_what, memory, passes) => {
    const user = await add({ passwordHash: hashOf('secret', memory, passes) })
    expect(await check(user.username, 'secret')).toEqual(user)
    expect(hashes()).toEqual([{ message: 'secret', cost: [memory, passes, 1] }])
    expect(await findUser(table, user.username)).toEqual(user)
  })

  test('never replaces a password that was changed in the meantime', async () => {
    const user = await add({ passwordHash: hashOf('secret', 8, 1) })
    const changed = await hashPassword('another', randomBytes(SALT_BYTES))
    const busy: AwsCall = async (service, operation, input) => {
      if (operation === 'UpdateItem') {
        await changeUser(table, user, { passwordHash: changed })
      }
      return aws(service, operation, input)
    }
    expect(await check(user.username, 'secret', limits, { aws: busy, name: table.name })).toEqual(user)
    expect(await findUser(table, user.username)).toEqual({ ...user, passwordHash: changed })
  })
})

describe('a correct password is confirmed only if its user has not changed', () => {
  const act: [string, (user: User) => Promise<unknown>][] = [
    ['was disabled', (user) => changeUser(table, user, { disabled: true })],
    ['had its tokens revoked', (user) => changeUser(table, user, revokeTokens(user, new Date()))],
    ['was removed', (user) => remove(user)],
    [
      'was removed and added again',
      async (user) => {
        await remove(user)
        await addUser(table, { ...user, createdAt: new Date(0).toISOString() })
      },
    ],
  ]

  async function checked({ username }: User) {
    const right = await checkPassword(table, limits, { username, password: 'secret', sourceIp })
    if (!right) throw new Error('the password is right')
    return right
  }

  test.each(act)('not if the user %s during hashing', async (_what, change) => {
    const user = await add()
    const right = await checked(user)
    await change(user)
    expect(await confirmPassword(table, right)).toBeUndefined()
  })

  test('also if its hash was replaced by a stronger one', async () => {
    const user = await add({ passwordHash: hashOf('secret', 8, 1) })
    const right = await checked(user)
    const passwordHash = await hashPassword('secret', randomBytes(SALT_BYTES))
    await changeUser(table, user, { passwordHash })
    expect(await confirmPassword(table, right)).toEqual({ ...user, passwordHash })
  })
})

describe('a wrong password', () => {
  test('does not rehash a weaker hash', async () => {
    const user = await add({ passwordHash: hashOf('secret', 8, 1) })
    expect(await check(user.username, 'guess')).toBeUndefined()
    expect(await findUser(table, user.username)).toEqual(user)
  })
})

test.each(['m=262145,t=1,p=1', 'm=8,t=11,p=1', 'm=64,t=1,p=5', 'no PHC string at all'])(
  'a stored hash of %s is never computed, matches no password and costs one hash',
  async (cost) => {
    const passwordHash = `$argon2id$v=19$${cost}$${'A'.repeat(22)}$${'A'.repeat(43)}`
    const { username } = await add({ passwordHash })
    const error = vi.spyOn(console, 'error').mockReturnValue()
    expect(await check(username, 'secret')).toBeUndefined()
    expect(error.mock.calls).toEqual([
      [
        {
          event: 'hash.refused',
          reason: expect.stringMatching(/^(exceeds the cost limits|not an argon2id)/),
        },
      ],
    ])
    error.mockRestore()
    expect(hashes()).toHaveLength(1)
    expect(await failures(username)).toEqual([1, 1, 1])
  },
)

describe('a store that fails at a call', () => {
  // A correct password: read, second read, clear, rehash. A wrong one: read, and count three times.
  test.each([
    ['secret', 1],
    ['secret', 2],
    ['secret', 3],
    ['secret', 4],
    ['guess', 1],
    ['guess', 2],
    ['guess', 3],
    ['guess', 4],
  ])('makes the check fail as unavailable: password %s, call %i', async (password, failing) => {
    const user = await add({ passwordHash: hashOf('secret', 8, 1) })
    await check(user.username, 'guess')
    let calls = 0
    const faulty: AwsCall = (service, operation, input) => {
      calls += 1
      const late = client.within(Date.now() - 1)
      return (calls === failing ? late : aws)(service, operation, input)
    }
    const call = check(user.username, password, limits, { aws: faulty, name: table.name })
    await expect(call).rejects.toMatchObject({ code: 'unavailable' })
    expect((await findUser(table, user.username))?.passwordHash).toBe(user.passwordHash)
  })
})
