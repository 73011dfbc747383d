import { randomUUID } from 'node:crypto'
import { beforeEach, expect, test } from 'vitest'
import type { AwsCall } from '../../lib/aws/client.ts'
import { texts, transact } from '../../lib/aws/dynamodb.ts'
import { allItems } from '../../lib/aws/pages.ts'
import { eventsTableOf } from '../../lib/events/event.ts'
import {
  findIdentities,
  type Identity,
  identityIdOf,
  identityKey,
  linkWrites,
  useIdentity,
} from '../../lib/federation/identity.ts'
import { createProvider } from '../../lib/federation/store.ts'
import { changeIfUnchanged, findUserByName } from '../../lib/users/store.ts'
import type { User } from '../../lib/users/user.ts'
import { setPassword } from '../../scripts/users/changes.ts'
import { refusal, success } from '../support/process/command.ts'
import { PASSWORD, readyHash, useStore } from '../support/process/operator.ts'
import { addTestUser } from '../support/users/users.ts'
import { io } from './operator-races.ts'

const store = await useStore()
const GOOGLE = 'https://accounts.google.com'
const ACME = 'https://login.acme.example'
const at = (minute: number) => new Date(Date.UTC(2026, 5, 1, 12, minute))

/** Identities by login name. */
const IDENTITIES: Record<string, Omit<Identity, 'id'>[]> = {
  ada: [
    identity('google', GOOGLE, 'sub-of-ada', 'ada@gmail.example', 1),
    identity('acme', ACME, 'other-of-ada', 'countess\u009b', 2),
  ],
  bob: [identity('old-google', GOOGLE, 'sub-of-bob', 'bob@gmail.example', 1)],
  carl: [identity('acme', ACME, 'sub-of-carl', 'carl', 1)],
  dora: [],
}

const ids: Record<string, string> = {}

beforeEach(async () => {
  await store.clear()
  const events = { ...store.table, name: eventsTableOf(store.table) }
  for (const { pk, sk } of await allItems(events, 'Scan', {})) {
    await events.aws('dynamodb', 'DeleteItem', { TableName: events.name, Key: { pk, sk } })
  }
  for (const [username, identities] of Object.entries(IDENTITIES)) {
    const { id } = await addTestUser(store.table, { username, passwordHash: readyHash() })
    ids[username] = id
    for (const one of identities) await transact(store.table, linkWrites(id, one))
  }
  await transact(store.table, [useIdentity(idOf('ada'), idOfIdentity('ada'), 'ada@gmail.example', at(9))])
})

test('show lists the identities of a user, without their subjects', async () => {
  const { stdout } = await store.run(['show', 'ada'])
  const [google = '', acme = ''] = stdout.split('\n').filter((line) => line.startsWith('identity'))
  expect(google).toBe(
    `identity  google: ada@gmail.example, since 2026-06-01T12:01:00.000Z, used 2026-06-01T12:09:00.000Z, id ${idOfIdentity('ada')}`,
  )
  expect(acme).toBe(
    `identity  acme: countess\ufffd, since 2026-06-01T12:02:00.000Z, not used yet, id ${idOfIdentity('ada', 1)}`,
  )
  const shown = JSON.parse((await store.run(['show', 'ada', '--json'])).stdout)
  expect(shown.identities).toEqual([
    {
      id: idOfIdentity('ada'),
      provider: 'google',
      label: 'ada@gmail.example',
      createdAt: at(1).toISOString(),
      lastUsedAt: at(9).toISOString(),
    },
    { id: idOfIdentity('ada', 1), provider: 'acme', label: 'countess\u009b', createdAt: at(2).toISOString() },
  ])
  expect(JSON.stringify([stdout, shown])).not.toContain('of-ada')
  expect(JSON.parse((await store.run(['show', 'dora', '--json'])).stdout)).not.toHaveProperty('identities')
})

test('unlink removes an identity and ends all sessions', async () => {
  const before = await store.user('ada')
  expect(await store.run(['unlink', 'ada', idOfIdentity('ada')])).toEqual(
    success('Removed the identity of provider google from ada. All sessions have ended.\n'),
  )
  expect((await store.user('ada'))?.sessionGeneration).toBe(Number(before?.sessionGeneration) + 1)
  const { identities } = JSON.parse((await store.run(['show', 'ada', '--json'])).stdout)
  expect(identities.map(({ provider }: Identity) => provider)).toEqual(['acme'])
  const left = (await store.items()).map(({ pk }) => JSON.stringify(pk))
  expect(left).not.toContain(JSON.stringify(identityKey(idOfIdentity('ada')).pk))
  expect(await eventsOf('ada')).toMatchObject([{ changes: { SS: ['identities'] }, ref: { S: 'google' } }])
})

test('remove leaves no item of the identities of a user', async () => {
  expect(await store.run(['remove', 'ada', '--yes'])).toEqual(success('Removed ada.\n'))
  const left = JSON.stringify(await store.items())
  for (const one of [idOf('ada'), idOfIdentity('ada'), idOfIdentity('ada', 1)]) {
    expect(left).not.toContain(one)
  }
})

test('unlink takes each id that an identity can have for an id', async () => {
  // Of 200 hashes in base64url, about three begin with a hyphen, which a command takes for an option.
  const all = Array.from({ length: 200 }, (_, count) =>
    identityIdOf({ issuer: ACME, subject: `subject ${count}` }),
  )
  expect(all.filter((one) => !/^[0-9a-f]{64}$/.test(one))).toEqual([])
})

test('set-password removes all identities and lists them', async () => {
  const { status, stdout } = await store.run(['set-password', 'ada'], PASSWORD)
  expect(status).toBe(0)
  expect(stdout).toMatch(
    /^ada has a new password\. All sessions have ended\.\nRemoved the identity at google: .+\.\nRemoved the identity at acme: .+\.\n/,
  )
  expect(JSON.parse((await store.run(['show', 'ada', '--json'])).stdout)).not.toHaveProperty('identities')
  expect(await store.canLogIn('ada', PASSWORD)).toBe(true)
  const [{ changes } = {}] = await eventsOf('ada')
  expect(texts({ changes: changes ?? { SS: [] } }, 'changes').toSorted()).toEqual([
    'identities',
    'passwordHash',
  ])
  expect((await store.items()).filter(({ pk }) => JSON.stringify(pk).includes('identity#'))).toHaveLength(2)
})

test('set-password removes an identity that is linked while it runs', async () => {
  const dora = (await findUserByName(store.table, 'dora')) as User
  const late = identity('google', GOOGLE, 'sub-of-a-thief', 'thief@gmail.example', 3)
  const change = changeIfUnchanged(dora, { changeId: randomUUID(), changedAt: late.createdAt })
  let isLinked = false
  const aws: AwsCall = async (service, operation, input) => {
    const isChange = operation === 'TransactWriteItems' && JSON.stringify(input).includes('passwordHash')
    if (isChange && !isLinked) {
      isLinked = true
      expect(await transact(store.table, [...linkWrites(dora.id, late), change])).toBeUndefined()
    }
    return store.table.aws(service, operation, input)
  }
  const told = await setPassword({ ...store.table, aws }, 'dora', io())
  expect(isLinked).toBe(true)
  expect(told).toContain('Removed the identity at google')
  expect(await findIdentities(store.table, dora.id)).toEqual([])
})

test('set-password --keep-identities leaves them', async () => {
  const { stdout } = await store.run(['set-password', 'ada', '--keep-identities'], PASSWORD)
  expect(stdout).toContain('Kept the identity at google: ada@gmail.example')
  expect(JSON.parse((await store.run(['show', 'ada', '--json'])).stdout).identities).toHaveLength(2)
  const [event] = await eventsOf('ada')
  expect(event).toMatchObject({ changes: { SS: ['passwordHash'] } })
})

test.each([
  [['unlink', 'ghost', 'x'], 1, 'User ghost does not exist.'],
  [['unlink', 'dora', 'x'], 1, 'dora does not have this identity. Use show dora.'],
  [['unlink', 'ada'], 2, 'Missing id.'],
  [['end-sessions'], 2, 'Use either a username or --provider.'],
  [['end-sessions', 'ada', '--provider', 'google'], 2, 'Use either a username or --provider.'],
  [
    ['end-sessions', '--provider', 'Google'],
    2,
    'Invalid id of a provider. Use 2 to 32 characters a-z, 0-9 and hyphen, with a letter first.',
  ],
])('%j is refused', async (args, status, line) => {
  const before = await store.items()
  expect(await store.run(args)).toEqual(refusal(status, line))
  expect(await store.items()).toEqual(before)
})

test('an identity of another user is not unlinked', async () => {
  expect(await store.run(['unlink', 'dora', idOfIdentity('ada')])).toMatchObject({ status: 1 })
  expect(await store.run(['unlink', 'ada', `${idOfIdentity('ada').slice(0, -1)}!`])).toMatchObject({
    status: 1,
    stderr: expect.stringContaining(`Did you mean ${idOfIdentity('ada')}?`),
  })
})

test('end-sessions --provider ends those of all who have an identity of its issuer', async () => {
  await addProvider('google', GOOGLE)
  const before = await sessionsEnded()
  expect(await store.run(['end-sessions', '--provider', 'google'])).toEqual(
    success('All sessions of ada have ended.\nAll sessions of bob have ended.\n2 of 2 users changed.\n'),
  )
  const after = await sessionsEnded()
  expect(Object.keys(after).filter((name) => after[name] !== before[name])).toEqual(['ada', 'bob'])
  const [event] = await eventsOf('bob')
  expect(event).toMatchObject({
    type: { S: 'user.updated' },
    detail: { S: 'sessions-ended' },
    ref: { S: 'google' },
    actor: { S: 'operator' },
    via: { S: 'users end-sessions' },
  })
  for (const value of ['sub-of', 'gmail.example', 'accounts.google']) {
    expect(JSON.stringify(event)).not.toContain(value)
  }
})

test('end-sessions --provider also takes a provider that was removed, and says if one is enabled', async () => {
  expect(await store.run(['end-sessions', '--provider', 'acme'])).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('2 of 2 users changed.'),
  })
  await addProvider('acme', ACME, false)
  expect(await store.run(['end-sessions', '--provider', 'acme'])).toMatchObject({
    status: 0,
    stderr: 'Provider acme is enabled, so its users can sign in again.\n',
  })
  await addProvider('nobodys', 'https://nobodys.example')
  expect(await store.run(['end-sessions', '--provider', 'nobodys'])).toEqual(
    success('No user has an identity of provider nobodys.\n'),
  )
  expect(await store.run(['end-sessions', '--provider', 'amce'])).toEqual(
    refusal(1, 'Provider amce does not exist, and no user has its identities. Did you mean acme?'),
  )
})

function identity(provider: string, issuer: string, subject: string, label: string, minute: number) {
  return { provider, issuer, subject, label, createdAt: at(minute).toISOString() }
}

const idOf = (username: string) => String(ids[username])

function idOfIdentity(username: string, index = 0): string {
  const one = IDENTITIES[username]?.[index]
  if (one === undefined) throw new Error(`${username} has no identity ${index}`)
  return identityIdOf(one)
}

const addProvider = (id: string, issuer: string, disabled = true) =>
  createProvider(
    store.table,
    {
      ...{ id, issuer, disabled, kind: 'oidc', name: id, clientId: 'us', clientAuthentication: 'basic' },
      ...{ authorizationEndpoint: issuer, tokenEndpoint: issuer, jwksUri: issuer, scope: 'openid' },
      ...{ algorithms: ['RS256'], mailDomains: [], changeId: id, secret: 'encrypted' },
      ...{ createdAt: at(0).toISOString(), changedAt: at(0).toISOString() },
    },
    store.table.act(),
  )

const sessionsEnded = async () =>
  Object.fromEntries(
    await Promise.all(
      Object.keys(IDENTITIES).map(
        async (name) => [name, (await store.user(name))?.sessionGeneration] as [string, number | undefined],
      ),
    ),
  )

const eventsOf = (username: string) =>
  allItems({ ...store.table, name: eventsTableOf(store.table) }, 'Query', {
    KeyConditionExpression: 'pk = :pk',
    FilterExpression: '#type = :updated',
    ExpressionAttributeNames: { '#type': 'type' },
    ExpressionAttributeValues: { ':pk': { S: `user#${idOf(username)}` }, ':updated': { S: 'user.updated' } },
  })
