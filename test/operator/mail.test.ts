import { isDeepStrictEqual } from 'node:util'
import { beforeEach, describe, expect, test } from 'vitest'
import type { AwsCall } from '../../lib/aws/client.ts'
import { ServiceError } from '../../lib/errors.ts'
import { addressIn } from '../../lib/mail/confirmation.ts'
import { findInvitedRole } from '../../lib/mail/store.ts'
import type { Io } from '../../scripts/cli/io.ts'
import { rename } from '../../scripts/users/names.ts'
import { refusal, success } from '../support/process/command.ts'
import { PASSWORD, readyHash, run, useStore } from '../support/process/operator.ts'
import { addTestUser } from '../support/users/users.ts'
import { startStack } from './describe-stacks.ts'

const NAME = 'serverless-jwt-auth-dev'
let events: object[] = []

const store = await useStore({
  functionNames: [`${NAME}-auth-mailer`],
  async invoke(_name, event) {
    events.push(event)
    return { isReturned: true, payload: 'null' }
  },
})
beforeEach(async () => {
  events = []
  await store.clear()
  const names = { username: 'ada', email: 'ada@example.org', emailAsWritten: 'Ada@Example.org' }
  await addTestUser(store.table, { ...names, passwordHash: readyHash() })
  await addTestUser(store.table, { username: 'bob', passwordHash: readyHash() })
})

const at = expect.stringMatching(/^\d{4}-\d\d-\d\dT/)

describe('invite', () => {
  test('stores an invitation with its role, and hands it to the mailer', async () => {
    const before = await store.items()
    const outcome = await store.run(['invite', 'Grace@Example.org', '--role', 'admin'])
    expect(outcome).toEqual({
      ...success(
        'An invitation to Grace@Example.org with role admin is on its way. It is valid for 7 days.\n',
      ),
      stderr: 'The link works if the service runs with registration=invite or open.\n',
    })
    expect(events).toEqual([{ kind: 'invitation', mailId: expect.any(String), at }])
    const { mailId } = Object(events[0])
    expect(addressIn(mailId)).toBe('Grace@Example.org')
    expect(await findInvitedRole(store.table, mailId)).toBe('admin')
    const stored = (await store.items()).filter((item) => !before.some((one) => isDeepStrictEqual(one, item)))
    expect(stored).toEqual([
      {
        pk: { S: expect.stringMatching(/^mail#[\w-]{43}$/) },
        sk: { S: 'invitation' },
        role: { S: 'admin' },
        expiresAt: { N: expect.any(String) },
      },
    ])
    // A day longer than its link is valid, for operators whose clock is slow.
    expect(Number(Object(stored[0]?.expiresAt).N) - Date.now() / 1000).toBeCloseTo(8 * 86_400, -2)
  })

  test('refuses an address that a user has', async () => {
    const outcome = await store.run(['invite', 'ADA@example.org'])
    expect(outcome).toEqual(refusal(1, 'User ada@example.org already exists.'))
    expect(events).toEqual([])
  })

  test('refuses what is not an address', async () => {
    expect(await store.run(['invite', 'grace'])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('Invalid address: Must be an e-mail address.'),
    })
  })

  test.each([
    [
      { MailFrom: 'no-reply@example.org', Registration: 'off' },
      'Registration of stage dev is off. Deploy it with --param registration=invite.',
    ],
    [{ Registration: 'open' }, 'The service sends no mails. Deploy it with --param mailFrom=ADDRESS.'],
  ])('refuses a stage with the outputs %j', async (outputs, line) => {
    const env = await startStack(NAME, outputs)
    const outcome = await run(['invite', 'grace@example.org', '--stage', 'dev'], '', env)
    expect(outcome).toEqual(refusal(1, line))
  })
})

describe('start-reset', () => {
  test.each(['ada', 'Ada@example.org'])(
    'records a reset of %s, hands it to the mailer, and changes nothing that ends',
    async (name) => {
      const before = Object(await store.user('ada'))
      const outcome = await store.run(['start-reset', name])
      expect(outcome).toEqual(
        success('A link for a new password is on its way to Ada@Example.org. It is valid for 60 minutes.\n'),
      )
      const mailId = expect.stringMatching(/^[\w-]{22}$/)
      const { generation } = before
      expect(events).toEqual([{ kind: 'reset', mailId, loginName: 'ada', generation, at }])
      expect(await store.user('ada')).toEqual({ ...before, changeId: expect.any(String) })
      const { stdout } = await store.run(['events', 'ada', '--json'])
      expect(JSON.parse(stdout)[0]).toMatchObject({ type: 'mail.requested', via: 'users start-reset' })
    },
  )

  test.each([
    ['an unknown user', 'grace', 'User grace does not exist.'],
    ['a user without an address', 'bob', 'User bob has no e-mail address.'],
  ])('refuses %s', async (_what, name, line) => {
    expect(await store.run(['start-reset', name])).toEqual(refusal(1, line))
    expect(events).toEqual([])
  })

  test('refuses a disabled user', async () => {
    await store.run(['disable', 'ada'])
    const outcome = await store.run(['start-reset', 'ada'])
    expect(outcome).toEqual(refusal(1, 'User ada is disabled. Enable the user first.'))
  })

  test('says that the service sends no mails', async () => {
    const without = await useStore()
    await addTestUser(without.table, { username: 'ada', email: 'ada@example.org' })
    const outcome = await without.run(['start-reset', 'ada'])
    expect(outcome).toEqual(
      refusal(1, 'The service sends no mails. Deploy it with --param mailFrom=ADDRESS.'),
    )
    without.stop()
  })
})

describe('a notice of a change', () => {
  const notice = (kind: string, username = 'ada') => [
    { kind, id: expect.stringMatching(/^[\da-f-]{36}$/), to: 'Ada@Example.org', username, at },
  ]
  const REVOKED = 'Access tokens issued before are revoked.\n'
  const NOTICE = 'A notice is on its way to Ada@Example.org.\n'

  test.each<[string, string[], string, string, string?]>([
    ['set-password', ['ada'], 'ada has a new password. All sessions have ended.\n', 'password-changed'],
    [
      'set-email',
      ['ada', 'lovelace@example.org'],
      'ada now has the address lovelace@example.org. All sessions have ended.\n',
      'address-changed',
    ],
    [
      'set-email',
      ['ada', '--remove'],
      'ada now has no address. All sessions have ended.\n',
      'address-changed',
    ],
    [
      'rename',
      ['ada', 'countess'],
      `ada now has the username countess. ${REVOKED}`,
      'username-changed',
      'countess',
    ],
  ])('by %s %j goes to the address before it', async (command, args, line, kind, username) => {
    const outcome = await store.run([command, ...args], PASSWORD)
    expect(outcome).toEqual(success(`${line}${NOTICE}`))
    expect(events).toEqual(notice(kind, username))
  })

  test('of a username that is the address is about the address, and does not name the new one', async () => {
    const names = { username: 'eve@example.org', email: 'eve@example.org' }
    await addTestUser(store.table, { ...names, passwordHash: readyHash() })
    await store.run(['rename', 'eve@example.org', 'eva@example.org'])
    expect(events).toEqual([
      expect.objectContaining({
        kind: 'address-changed',
        to: 'eve@example.org',
        username: 'eve@example.org',
      }),
    ])
  })

  test.each([
    ['a user without an address', ['set-password', 'bob']],
    ['a first address', ['set-email', 'bob', 'bob@example.org']],
    ['another spelling of the address', ['set-email', 'ada', 'ADA@example.org']],
    ['the present username', ['rename', 'ada', 'ada']],
  ])('of %s is not sent', async (_what, args) => {
    expect(await store.run(args, PASSWORD)).toMatchObject({ status: 0, stderr: '' })
    expect(events).toEqual([])
  })

  test('is not sent by a service that sends no mails', async () => {
    const without = await useStore()
    await addTestUser(without.table, { username: 'ada', email: 'ada@example.org' })
    const outcome = await without.run(['set-password', 'ada'], PASSWORD)
    expect(outcome).toEqual(success('ada has a new password. All sessions have ended.\n'))
    without.stop()
  })

  test('that fails is reported, and the change stands', async () => {
    const failures: string[] = []
    const io = { now: () => new Date(), stderr: { write: (text: string) => failures.push(text) } }
    const aws: AwsCall = async (service, ...call) => {
      if (service !== 'lambda') return await store.table.aws(service, ...call)
      const cause = Object.assign(new Error(), { name: 'AccessDeniedException' })
      throw new ServiceError('unavailable', 'lambda failed', { cause })
    }
    const line = await rename({ ...store.table, aws }, 'ada', 'countess', io as unknown as Io)
    expect(line).toBe(`ada now has the username countess. ${REVOKED}`)
    expect(failures).toEqual(['No notice was sent to Ada@Example.org: AccessDeniedException.\n'])
    expect(await store.user('countess')).toMatchObject({ email: 'ada@example.org' })
  })
})
