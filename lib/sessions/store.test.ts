import { randomBytes } from 'node:crypto'
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { fifty } from '../../test/support/fifty.ts'
import { startTable } from '../../test/support/table.ts'
import type { AwsCall } from '../aws/client.ts'
import type { Table } from '../aws/dynamodb.ts'
import { ServiceError } from '../errors.ts'
import { addUser, changeUser } from '../users/store.ts'
import { newUser, revokeSessions, type User } from '../users/user.ts'
import { nextSecret, rotated, SESSION_RANDOM_BYTES, type Session, startSession } from './session.ts'
import {
  deleteSession,
  findPresented,
  findSession,
  findSessions,
  openSession,
  putSession,
  replaceSecret,
} from './store.ts'

const { table, stop } = await startTable()
const { aws } = table
afterAll(stop)

const now = new Date('2026-11-24T15:00:00.400Z')
const later = (seconds: number) => new Date(now.getTime() + seconds * 1000)
const policy = { absoluteTtlSeconds: 2_592_000, idleTtlSeconds: 604_800 }
const origin = { sourceIp: '203.0.113.7', userAgent: 'curl/8.14.1' }
const start = (of: User, from = origin) =>
  startSession(of, from, policy, now, randomBytes(SESSION_RANDOM_BYTES))

// Each test has a user of its own, with a session.
let count = 0
let ada: User
let session: Session
let secret: string
let records: unknown[]
beforeEach(async () => {
  count += 1
  ada = newUser(`ada-${count}`, 'user', 'hash', later(-60))
  await addUser(table, ada)
  ;({ session, secret } = start(ada))
  await putSession(table, session)
  records = []
  vi.spyOn(console, 'warn').mockImplementation((record) => void records.push(record))
})
afterEach(() => vi.restoreAllMocks())

const stored = async (id = session.id) => (await findSession(table, ada.username, id)).session
const remove = (sk: string) =>
  aws('dynamodb', 'DeleteItem', {
    TableName: table.name,
    Key: { pk: { S: `user#${ada.username}` }, sk: { S: sk } },
  })

/** A store to which somebody else comes right before such a call of ours. */
const outrun = (operation: string, act: () => Promise<unknown>): Table => ({
  name: table.name,
  aws: async (service, called, input) => {
    if (called === operation) await act()
    return aws(service, called, input)
  },
})

describe('a session', () => {
  test('is found with its user as it was stored', async () => {
    expect(await findSession(table, ada.username, session.id)).toEqual({ session, user: ada })
  })

  test('is found with every value a session can have', async () => {
    const after = rotated(session, nextSecret(session, secret), policy, later(60))
    expect(await replaceSecret(table, session, after)).toBe(true)
    expect(await stored()).toStrictEqual(after)
  })

  test('of a client that does not name itself is stored too', async () => {
    const silent = start(ada, { sourceIp: '', userAgent: '' }).session
    await putSession(table, silent)
    expect(await stored(silent.id)).toEqual(silent)
  })

  test('is not found under another user, or another id', async () => {
    const missing = { session: undefined, user: undefined }
    expect(await findSession(table, 'nobody', session.id)).toEqual(missing)
    expect(await findSession(table, ada.username, 'another')).toEqual({ ...missing, user: ada })
  })

  test('whose user is gone is found alone', async () => {
    await remove('profile')
    expect(await findSession(table, ada.username, session.id)).toEqual({ session, user: undefined })
  })

  test('is stored without any secret that is or will be good', async () => {
    const { Item } = await aws('dynamodb', 'GetItem', {
      TableName: table.name,
      Key: { pk: { S: `user#${ada.username}` }, sk: { S: `session#${session.id}` } },
    })
    expect(JSON.stringify(Item)).not.toContain(secret)
    expect(JSON.stringify(Item)).not.toContain(nextSecret(session, secret))
    expect(Item).toMatchObject({ expiresAt: { N: String(session.expiresAt) } })
  })

  test('that is ended is gone, and ending it again is no failure', async () => {
    await deleteSession(table, session)
    await deleteSession(table, session)
    expect(await stored()).toBeUndefined()
  })

  test.each([
    ['secretHash', { secretHash: undefined }],
    ['salt', { salt: { N: '7' } }],
    ['generation', { generation: { S: '0' } }],
    ['createdAt', { createdAt: undefined }],
    ['replacedAtMs', { replacedAtMs: { N: '7' } }],
    ['lastUsedAt', { lastUsedAt: { NULL: true } }],
    ['expiresAt', { expiresAt: { S: 'tomorrow' } }],
    ['sourceIp', { sourceIp: undefined }],
    ['userAgent', { userAgent: { N: '7' } }],
  ])('without a proper %s is broken, not absent', async (name, changes) => {
    const all = {
      secretHash: { S: session.secretHash },
      salt: { S: session.salt },
      replacedAtMs: { S: '' },
      generation: { N: '0' },
      createdAt: { N: '7' },
      lastUsedAt: { N: '7' },
      expiresAt: { N: '7' },
      sourceIp: { S: '' },
      userAgent: { S: '' },
      ...changes,
    }
    const rest = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
    const Item = { pk: { S: `user#${ada.username}` }, sk: { S: 'session#broken' }, ...rest }
    await aws('dynamodb', 'PutItem', { TableName: table.name, Item })
    const broken = { code: 'unavailable', message: `the store holds an item without ${name}` }
    await expect(stored('broken')).rejects.toMatchObject(broken)
    await expect(findSessions(table, ada.username)).rejects.toMatchObject(broken)
  })
})

describe('all sessions of a user', () => {
  test('are found with the user, and none of anybody else', async () => {
    const others = [start(ada).session, start(ada).session]
    for (const other of others) await putSession(table, other)
    const grace = newUser(`${ada.username}-grace`, 'user', 'hash', later(-60))
    await addUser(table, grace)
    await putSession(table, start(grace).session)

    const found = await findSessions(table, ada.username)
    expect(found.user).toEqual(ada)
    const byId = (a: Session, b: Session) => (a.id < b.id ? -1 : 1)
    expect(found.sessions.sort(byId)).toEqual([session, ...others].sort(byId))
  })

  test('are none for a name that nobody has', async () => {
    expect(await findSessions(table, 'nobody')).toEqual({ sessions: [], user: undefined })
  })

  test('are found without reading the counters of failures', async () => {
    const Item = { pk: { S: `user#${ada.username}` }, sk: { S: 'attempts#203.0.113.7' } }
    await aws('dynamodb', 'PutItem', { TableName: table.name, Item })
    let counted: unknown
    const watched: AwsCall = async (service, operation, input) => {
      const answer = await aws(service, operation, input)
      counted = answer.ScannedCount
      return answer
    }
    await findSessions({ aws: watched, name: table.name }, ada.username)
    expect(counted).toBe(2)
  })

  test('are found to the last, however many pages the store needs', async () => {
    for (let more = 0; more < 4; more += 1) await putSession(table, start(ada).session)
    let pages = 0
    const paging: AwsCall = (service, operation, input) => {
      pages += 1
      return aws(service, operation, { ...input, Limit: 2 })
    }
    const found = await findSessions({ aws: paging, name: table.name }, ada.username)
    expect(found.sessions).toHaveLength(5)
    expect(found.user).toEqual(ada)
    expect(pages).toBeGreaterThanOrEqual(3)
  })
})

describe('a session is opened', () => {
  test('with what the rest of the login comes to', async () => {
    const { session: late } = start(ada)
    expect(await openSession(table, late, Promise.resolve('a token'))).toBe('a token')
    expect(await stored(late.id)).toEqual(late)
  })

  test('and is gone again when the rest fails, sooner or later', async () => {
    const failure = new Error('the user was disabled')
    for (const wait of [() => undefined, (id: string) => vi.waitUntil(() => stored(id))]) {
      const { session: late } = start(ada)
      const rest = (async () => {
        await wait(late.id)
        throw failure
      })()
      await expect(openSession(table, late, rest)).rejects.toBe(failure)
      expect(await stored(late.id)).toBeUndefined()
    }
    expect(await stored()).toEqual(session)
  })

  test('and is gone again when nobody knows whether it was stored', async () => {
    const { session: late } = start(ada)
    const losing: Table = {
      name: table.name,
      aws: async (service, operation, input) => {
        const answer = await aws(service, operation, input)
        if (operation === 'PutItem') throw new ServiceError('unavailable', 'the answer is lost')
        return answer
      },
    }
    const call = openSession(losing, late, Promise.resolve('a token'))
    await expect(call).rejects.toMatchObject({ code: 'unavailable', message: 'the answer is lost' })
    expect(await stored(late.id)).toBeUndefined()
  })

  test('and putting it twice, as when an answer got lost, makes one', async () => {
    const { session: late } = start(ada)
    const twice = outrun('PutItem', () => putSession(table, late))
    await openSession(twice, late, Promise.resolve())
    expect((await findSessions(table, ada.username)).sessions).toHaveLength(2)
  })
})

describe('a presented token', () => {
  const present = (what: string, at = now, id = session.id) =>
    findPresented(table, { username: ada.username, sessionId: id, secret: what }, at)
  const refused = (message: string) => ({ code: 'invalid_refresh_token', message })
  const replace = async (at: Date) => {
    const next = nextSecret(session, secret)
    const after = rotated(session, next, policy, at)
    expect(await replaceSecret(table, session, after)).toBe(true)
    ;[session, secret] = [after, next]
  }

  test('that is good finds its session and its user', async () => {
    expect(await present(secret)).toEqual({ session, user: ada, isCurrent: true })
    expect(records).toEqual([])
  })

  test('that was just replaced finds them too, and is not the current one', async () => {
    const before = secret
    await replace(now)
    expect(await present(before, later(9.999))).toEqual({ session, user: ada, isCurrent: false })
    expect(await stored()).toEqual(session)
    expect(records).toEqual([])
  })

  test('that was replaced ten seconds ago ends its session, and that is logged without the token', async () => {
    const before = secret
    await replace(now)
    await expect(present(before, later(10))).rejects.toMatchObject(refused('the secret is reused'))
    expect(await stored()).toBeUndefined()
    expect(records).toEqual([{ event: 'session.reuse', username: ada.username, sessionId: session.id }])
    await expect(present(secret, later(10))).rejects.toMatchObject(refused('no such session'))
  })

  test.each([0, 1, 2])(
    'of generation %i, when it is the third that is good, ends its session',
    async (of) => {
      const secrets = [secret]
      for (let seconds = 1; seconds <= 3; seconds += 1) {
        await replace(later(seconds))
        secrets.push(secret)
      }
      await expect(present(secrets[of] ?? '', later(60))).rejects.toMatchObject(
        refused('the secret is reused'),
      )
      expect(await stored()).toBeUndefined()
      expect(records).toHaveLength(1)
    },
  )

  test('with a secret that was never this session’s does not end it', async () => {
    await replace(now)
    const foreign = randomBytes(32).toString('base64url')
    await expect(present(foreign)).rejects.toMatchObject(refused('the secret is foreign'))
    expect(await stored()).toEqual(session)
    expect(records).toEqual([])
    expect(await present(secret)).toMatchObject({ isCurrent: true })
  })

  test('of a session that is not there is refused', async () => {
    await expect(present(secret, now, 'another')).rejects.toMatchObject(refused('no such session'))
  })

  test('of a session that has expired is refused, though the store still has it', async () => {
    expect(await present(secret, later(604_799))).toMatchObject({ isCurrent: true })
    await expect(present(secret, later(604_800))).rejects.toMatchObject(refused('no such session'))
    expect(await stored()).toEqual(session)
  })

  test('of a user who is disabled, is gone or has ended all sessions is refused', async () => {
    const changes = [{ disabled: true }, { disabled: false, ...revokeSessions(ada, now) }]
    for (const change of changes) {
      expect(await changeUser(table, ada, change)).toBe(true)
      await expect(present(secret)).rejects.toMatchObject(refused('no such session'))
    }
    await remove('profile')
    await expect(present(secret)).rejects.toMatchObject(refused('no such session'))
  })

  test('of the session that survived finds it', async () => {
    await changeUser(table, ada, revokeSessions(ada, now, session.id))
    expect(await present(secret)).toMatchObject({ session, isCurrent: true })
  })
})

describe('replacing a secret', () => {
  const replacement = () => rotated(session, nextSecret(session, secret), policy, now)

  test('50 times at once happens once', async () => {
    const replaced = await fifty(() => replaceSecret(table, session, replacement()))
    expect(replaced.filter(Boolean)).toHaveLength(1)
    expect(await stored()).toEqual(replacement())
  })

  test('never revives a session that has ended', async () => {
    const ended = outrun('UpdateItem', () => deleteSession(table, session))
    expect(await replaceSecret(ended, session, replacement())).toBe(false)
    expect(await stored()).toBeUndefined()
  })

  test('whose answer got lost reads as another’s, whose next secret is the very same', async () => {
    const again = outrun('UpdateItem', () => replaceSecret(table, session, replacement()))
    expect(await replaceSecret(again, session, replacement())).toBe(false)
    const presented = { username: ada.username, sessionId: session.id, secret }
    const found = await findPresented(table, presented, now)
    expect(found).toEqual({ session: replacement(), user: ada, isCurrent: false })
    expect(nextSecret(found.session, secret)).toBe(nextSecret(session, secret))
  })
})

test('a store that is down is no missing session, and no ended one', async () => {
  const nowhere = { aws, name: 'missing' }
  const missing = { code: 'unavailable', cause: { name: 'ResourceNotFoundException' } }
  const presented = { username: ada.username, sessionId: session.id, secret }
  const calls = [
    () => findSession(nowhere, ada.username, session.id),
    () => findSessions(nowhere, ada.username),
    () => openSession(nowhere, session, Promise.resolve()),
    () => findPresented(nowhere, presented, now),
    () => replaceSecret(nowhere, session, session),
    () => deleteSession(nowhere, session),
  ]
  for (const call of calls) await expect(call()).rejects.toMatchObject(missing)
})
