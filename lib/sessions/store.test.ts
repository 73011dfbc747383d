import { describe, expect, test } from 'vitest'
import { fifty } from '../../test/support/fifty.ts'
import {
  ada,
  aws,
  later,
  now,
  outrun,
  policy,
  remove,
  secret,
  session,
  start,
  stored,
  table,
} from '../../test/support/session-per-test.ts'
import type { AwsCall } from '../aws/client.ts'
import { addUser } from '../users/store.ts'
import { newUser } from '../users/user.ts'
import { nextSecret } from './refresh-token.ts'
import { rotated, type Session } from './session.ts'
import { deleteSession, findSession, findSessions, putSession, replaceSecret } from './store.ts'

describe('a session', () => {
  test('is found with its user as it was stored', async () => {
    expect(await findSession(table, ada.username, session.id)).toEqual({ session, user: ada })
  })

  test('is found with all its values', async () => {
    const after = rotated(session, nextSecret(session, secret), policy, later(60))
    expect(await replaceSecret(table, session, after)).toBe(true)
    expect(await stored()).toStrictEqual(after)
  })

  test('without a user agent is stored too', async () => {
    const silent = start(ada, { sourceIp: '', userAgent: '' }).session
    await putSession(table, silent)
    expect(await stored(silent.id)).toEqual(silent)
  })

  test('is not found under another user or another id', async () => {
    const missing = { session: undefined, user: undefined }
    expect(await findSession(table, 'nobody', session.id)).toEqual(missing)
    expect(await findSession(table, ada.username, 'another')).toEqual({ ...missing, user: ada })
  })

  test('of a removed user is found without one', async () => {
    await remove('profile')
    expect(await findSession(table, ada.username, session.id)).toEqual({ session, user: undefined })
  })

  test('is stored without its current and its next secret', async () => {
    const { Item } = await aws('dynamodb', 'GetItem', {
      TableName: table.name,
      Key: { pk: { S: `user#${ada.username}` }, sk: { S: `session#${session.id}` } },
    })
    expect(JSON.stringify(Item)).not.toContain(secret)
    expect(JSON.stringify(Item)).not.toContain(nextSecret(session, secret))
    expect(Item).toMatchObject({ expiresAt: { N: String(session.expiresAt) } })
  })

  test('that is stored twice, as when a response is lost, is stored once', async () => {
    const { session: late } = start(ada)
    for (let time = 1; time <= 2; time += 1) await putSession(table, late)
    expect((await findSessions(table, ada.username)).sessions).toHaveLength(2)
  })

  test('that is deleted is not found, and can be deleted again', async () => {
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
  ])('without a valid %s is an error, not a missing session', async (name, changes) => {
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
  test('are found with the user, without those of other users', async () => {
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

  test('are empty for an unknown name', async () => {
    expect(await findSessions(table, 'nobody')).toEqual({ sessions: [], user: undefined })
  })

  test('are found without reading the counters of failures', async () => {
    const Item = { pk: { S: `user#${ada.username}` }, sk: { S: 'attempts#203.0.113.7' } }
    await aws('dynamodb', 'PutItem', { TableName: table.name, Item })
    let counted: unknown
    const watched: AwsCall = async (service, operation, input) => {
      const response = await aws(service, operation, input)
      counted = response.ScannedCount
      return response
    }
    await findSessions({ aws: watched, name: table.name }, ada.username)
    expect(counted).toBe(2)
  })

  test('are found over any number of pages', async () => {
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

describe('replacing a secret', () => {
  const replacement = () => rotated(session, nextSecret(session, secret), policy, now)

  test('50 times at once succeeds once', async () => {
    const replaced = await fifty(() => replaceSecret(table, session, replacement()))
    expect(replaced.filter(Boolean)).toHaveLength(1)
    expect(await stored()).toEqual(replacement())
  })

  test('never revives a deleted session', async () => {
    const ended = outrun('UpdateItem', () => deleteSession(table, session))
    expect(await replaceSecret(ended, session, replacement())).toBe(false)
    expect(await stored()).toBeUndefined()
  })
})

test('a store that is down is not a missing session', async () => {
  const nowhere = { aws, name: 'missing' }
  const missing = { code: 'unavailable', cause: { name: 'ResourceNotFoundException' } }
  const calls = [
    () => findSession(nowhere, ada.username, session.id),
    () => findSessions(nowhere, ada.username),
    () => putSession(nowhere, session),
    () => replaceSecret(nowhere, session, session),
    () => deleteSession(nowhere, session),
  ]
  for (const call of calls) await expect(call()).rejects.toMatchObject(missing)
})
