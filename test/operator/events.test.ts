import { describe, expect, test } from 'vitest'
import { transact } from '../../lib/aws/dynamodb.ts'
import { eventOf, partitionOf } from '../../lib/events/event.ts'
import { endSession, findSessions } from '../../lib/sessions/store.ts'
import { completeSignIn } from '../../lib/sign-in/complete.ts'
import { AMR } from '../../lib/users/factors.ts'
import { ISSUER, withKms } from '../support/aws/fake-kms.ts'
import { refusal, success } from '../support/process/command.ts'
import { PASSWORD, run, useStore } from '../support/process/operator.ts'
import { addTestUser, testAct, testAt } from '../support/users/users.ts'

const LOCAL = 'arn:aws:iam::000000000000:user/local'
const USER_AGENT = 'Mozilla/5.0 (X11; Linux x86_64)'
const lifetimes = { absoluteTtlSeconds: 3_600, idleTtlSeconds: 3_600 }

/** Signs ada in from an address, after wrong passwords. */
async function signIn(sourceIp: string, failures = 0): Promise<void> {
  const user = await store.user('ada')
  if (user === undefined) throw new Error('there is no ada')
  const origin = { sourceIp, userAgent: USER_AGENT }
  await completeSignIn(
    { ...testAt(withKms(store.table)), config: ISSUER, via: 'POST /login', origin },
    { user, amr: AMR.password, inCookie: false, origin, lifetimes, about: { failures } },
    async () => ({ endings: [] }),
  )
}

/** Runs `events` and returns its rows as JSON. */
async function eventsOf(...args: string[]) {
  const { stdout } = await store.run(['events', ...args, '--json'])
  return JSON.parse(stdout) as Record<string, unknown>[]
}
const typesOf = (events: Record<string, unknown>[]) =>
  events.map(({ type, detail, changes }) => [type, detail, changes].flat().filter(Boolean).join(' '))

const store = await useStore()
await store.run(['add', 'ada', '--email', 'Ada@example.org'], PASSWORD)
const adaId = (await store.user('ada'))?.id ?? ''
await signIn('203.0.113.7', 3)
const { sessions } = await findSessions(store.table, adaId)
const act = { ...testAct(), actor: 'user' as const, actorId: adaId, via: 'POST /logout' }
for (const session of sessions) await endSession(store.table, session, 'signed-out', act)
await store.run(['set-role', 'ada', 'admin'])
await store.run(['disable', 'ada'])
await store.run(['enable', 'ada'])
await store.run(['set-password', 'ada'], 'another correct horse battery')
await store.run(['rename', 'ada', 'countess'])
await addTestUser(store.table, { username: 'bob' })

describe('events', () => {
  test('of a user are the newest first, each once', async () => {
    expect(typesOf(await eventsOf('countess'))).toEqual([
      'user.updated username',
      'user.updated passwordHash',
      'user.updated enabled disabled',
      'user.updated disabled disabled',
      'user.updated admin role',
      'session.ended signed-out',
      'session.created pwd',
      'user.created user',
    ])
  })

  test('name the operator, the command and one request for all of it', async () => {
    const [renamed] = await eventsOf('countess')
    expect(renamed).toMatchObject({
      actor: 'operator',
      actorId: LOCAL,
      via: 'users rename',
      subject: `user#${adaId}`,
    })
    expect(renamed).not.toHaveProperty('sourceIp')
  })

  test('of a sign-in have the source, the browser and the wrong passwords before it', async () => {
    const [signedIn] = await eventsOf('countess', '--type', 'session.created')
    expect(signedIn).toMatchObject({
      actor: 'user',
      actorId: adaId,
      via: 'POST /login',
      sourceIp: '203.0.113.7',
      userAgent: USER_AGENT,
      failures: 3,
    })
  })

  test('by a name that is free again are those of its last holder, who is named', async () => {
    const { status, stdout, stderr } = await store.run(['events', 'ada', '--json'])
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toHaveLength(8)
    expect(stderr).toMatch(new RegExp(`^Until \\S+Z, ada was the user ${adaId}\\.\\n$`))
  })

  test.each([
    [['--type', 'session'], 2],
    [['--type', 'user.created'], 1],
    // The account was created with a role.
    [['--changes', 'role'], 2],
    [['--changes', 'role,disabled'], 4],
    [['--from', '203.0.113.7'], 1],
    [['--from', '203.0.113.8'], 0],
    [['--by', 'local'], 6],
    [['--by', 'nothing of it'], 0],
    [['--since', '1h'], 8],
    [['--until', '1h'], 0],
  ])('%j selects', async (options, count) => {
    expect(await eventsOf('countess', ...options)).toHaveLength(count)
  })

  test('come in pages', async () => {
    const all = await eventsOf('countess')
    const seen: unknown[] = []
    for (let before: string[] = [], more = true; more; ) {
      const { stdout, stderr } = await store.run(['events', 'countess', '--limit', '3', '--json', ...before])
      seen.push(...JSON.parse(stdout))
      const [, place] = /^There are more events\. Next page: --before (\S+)\n$/.exec(stderr) ?? []
      more = place !== undefined
      before = ['--before', String(place).replaceAll("'", '')]
    }
    expect(seen).toEqual(all)
  })

  test('of all users of a window come without a name, by the index', async () => {
    const types = typesOf(await eventsOf('--since', '1h'))
    expect(types).toHaveLength(9)
    expect(types[0]).toBe('user.created user')
    expect(await eventsOf('--since', '1h', '--type', 'session')).toHaveLength(2)
  })

  test('stand in rows, with local times', async () => {
    const { stdout } = await store.run(['events', 'countess', '--type', 'session'])
    const [head, ended, signedIn, browser] = stdout.split('\n')
    expect(head).toMatch(/^when +who +what +from +by$/)
    expect(ended).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}countess {2}signed out/)
    expect(signedIn).toMatch(
      /countess {2}signed in, after 3 wrong passwords {2}203\.0\.113\.7 {2}POST \/login$/,
    )
    expect(browser).toBe(`  ${USER_AGENT}`)
  })

  test('of a user who was removed are found by the id and by the names', async () => {
    const { id = '' } = (await store.user('bob')) ?? {}
    await store.run(['remove', 'bob', '--yes'])
    expect(typesOf(await eventsOf('bob'))).toEqual(['user.deleted', 'user.created user'])
    // An id may begin with a hyphen.
    const { stdout } = await run(['--local', '--endpoint', store.endpoint, 'events', '--json', '--', id])
    expect(JSON.parse(stdout)).toEqual(await eventsOf('bob'))
  })

  test.each([
    [['nemo'], refusal(1, 'User nemo does not exist.')],
    [['no name'], refusal(2, 'Use a username, an e-mail address, or the id of a user.')],
    [['--type', 'king'], expect.objectContaining({ status: 2 })],
    [['--since', '1h', '--until', '2h'], refusal(2, '--since must be before --until.')],
    [['--since', '2026-02-30'], expect.objectContaining({ status: 2 })],
    [['--since', '2026-01-31 (then) 12:00'], expect.objectContaining({ status: 2 })],
    [['--before', '2026'], refusal(2, 'Invalid --before. Use the place that the page before ended with.')],
    [['--changes', 'Role'], refusal(2, 'Invalid --changes: no event has Role. Did you mean role?')],
    [
      ['--changes', 'wings'],
      refusal(2, 'Invalid --changes: no event has wings. Use a value such as role or passwordHash.'),
    ],
    [
      ['--type', 'sesion'],
      expect.objectContaining({ stderr: expect.stringMatching(/ Did you mean session\?\n$/) }),
    ],
    [
      ['--from', 'home'],
      refusal(2, 'Invalid --from. Use an IP address such as 198.51.100.4 or 2001:db8::1.'),
    ],
    [
      ['--since', 'yesterday'],
      refusal(2, 'Invalid time yesterday. Use 24h, 7d, 2026-01-31 or 2026-01-31T12:00.'),
    ],
  ])('refuses %j', async (args, outcome) => {
    expect(await store.run(['events', ...args])).toEqual(outcome)
  })

  test('of any span take only the days that may have some', async () => {
    expect(await eventsOf('--since', '1970-01-01', '--until', '9000-01-01', '--by', 'nobody')).toEqual([])
  })

  test('of a user who was imported again do not show the sign-in of the earlier account', async () => {
    const { id } = await addTestUser(store.table, { username: 'frank' })
    const signedIn = {
      type: 'session.created',
      subject: partitionOf(id),
      session: 's',
      detail: 'pwd',
    } as const
    await transact(store.table, [eventOf(store.table, testAct(new Date(Date.now() - 60_000)), signedIn)])
    expect((await store.run(['show', 'frank'])).stdout).toContain('sign-in   none in 180 days')
  })

  test('have the name that the user has now in JSON, and none after the removal', async () => {
    const names = new Set((await eventsOf('countess')).map(({ username }) => username))
    expect(names).toEqual(new Set(['countess']))
    // A random one may begin with a hyphen, which an operator writes after `--`.
    const id = 'guest'.padEnd(22, 'A')
    await addTestUser(store.table, { id, username: 'guest' })
    expect((await eventsOf('--since', '1h')).find(({ subject }) => subject === `user#${id}`)).toMatchObject({
      username: 'guest',
    })
    await store.run(['remove', 'guest', '--yes'])
    for (const event of await eventsOf(id)) expect(event).not.toHaveProperty('username')
  })

  test('of an IPv6 network come together', async () => {
    const { id } = await addTestUser(store.table, { username: 'traveller' })
    const write = (sourceIp: string) =>
      eventOf(
        store.table,
        { ...testAct(), origin: { sourceIp, userAgent: 'x' } },
        { type: 'session.ended', subject: partitionOf(id), session: 's', detail: 'ended' },
      )
    await transact(store.table, [
      write('2001:db8:7:1::1'),
      write('2001:db8:7:1::2'),
      write('2001:db8:7:2::1'),
    ])
    for (const address of ['2001:db8:7:1::9', '2001:db8:7:1::/64']) {
      expect(await eventsOf('--since', '1h', '--from', address)).toHaveLength(2)
    }
    await store.run(['remove', 'traveller', '--yes'])
  })

  test('of which no one matches are a sentence', async () => {
    expect(await store.run(['events', 'countess', '--by', 'nemo'])).toEqual(success('No events.\n'))
  })
})

test('an export records itself before it reads', async () => {
  await store.run(['export'])
  expect(await eventsOf('--since', '1h', '--type', 'users')).toMatchObject([
    { subject: 'service', actor: 'operator', via: 'users export' },
  ])
})

test('list --last-sign-in shows it for each user', async () => {
  await store.run(['add', 'carl'], PASSWORD)
  const { stdout } = await store.run(['list', '--last-sign-in'])
  const [head, ...rows] = stdout.trimEnd().split('\n')
  expect(head).toMatch(/last sign-in \(UTC\)$/)
  const signIns = rows.filter((row) => /^(carl|countess)/.test(row))
  expect(signIns.map((row) => row.replace(/^(\w+).* {2}(\S+)( \S+)?$/, '$1 $2'))).toEqual([
    'carl never',
    expect.stringMatching(/^countess \d/),
  ])
})

test('show says when the user signed in last', async () => {
  const { stdout } = await store.run(['show', 'countess'])
  expect(stdout).toMatch(/^sign-in {3}\S+Z from 203\.0\.113\.7$/m)
})
