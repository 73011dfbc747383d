import { beforeEach, expect, test } from 'vitest'
import type { AwsCall } from '../../../lib/aws/client.ts'
import { ServiceError } from '../../../lib/errors.ts'
import { DECOY_HASH } from '../../../lib/passwords/hash.ts'
import { startResets } from '../../../scripts/users/passwords/start-reset.ts'
import { refusal, success } from '../../support/process/command.ts'
import { PASSWORD, readyHash, useStore } from '../../support/process/operator.ts'
import { addTestUser } from '../../support/users/users.ts'
import { io } from '../operator-races.ts'

// Users whose passwords are still at the old place.

let mailed: string[] = []
const store = await useStore({
  functionNames: ['serverless-jwt-auth-dev-auth-mailer'],
  async invoke(_name, event) {
    mailed.push(Object(event).loginName)
    return { isReturned: true, payload: 'null' }
  },
})
beforeEach(async () => {
  mailed = []
  await store.clear()
  for (const username of ['ada', 'bob', 'carl', 'dora', 'eve']) {
    const passwordFrom = username.toUpperCase()
    const email = username === 'carl' ? undefined : `${username}@example.org`
    await addTestUser(store.table, { username, email, passwordFrom, passwordHash: DECOY_HASH })
  }
  await addTestUser(store.table, {
    ...{ username: 'gone', email: 'gone@example.org', passwordFrom: 'GONE', passwordHash: readyHash() },
  })
  await addTestUser(store.table, { username: 'social', passwordHash: DECOY_HASH, email: 's@example.org' })
  await store.run(['disable', 'dora'])
})

const line = (name: string) =>
  `A link for a new password is on its way to ${name}@example.org. It is valid for 60 minutes.\n`

test('list --rehash-report counts who is left, until they have a password', async () => {
  const report = async () => (await store.run(['list', '--rehash-report'])).stdout
  expect(await report()).toBe(
    [
      'hash         users  replaced',
      'old pool     5      at the next sign-in',
      'argon2id     1      no',
      'no password  1      no',
      '',
    ].join('\n'),
  )
  await store.run(['set-password', 'ada'], `${PASSWORD}\n`)
  expect(await report()).toContain('old pool     4 ')
  const { stdout } = await store.run(['list', '--rehash-report', '--json'])
  expect(JSON.parse(stdout)).toContainEqual({ hash: 'old pool', users: 4, isReplaced: true })
})

test('start-reset --old-pool mails who is left, and says who cannot be mailed', async () => {
  expect(await store.run(['start-reset', '--old-pool'])).toEqual({
    status: 0,
    stdout: `${line('ada')}${line('bob')}${line('eve')}3 of 5 users mailed.\n`,
    stderr: 'User carl has no e-mail address.\nUser dora is disabled. Enable the user first.\n',
  })
  expect(mailed).toEqual(['ada', 'bob', 'eve'])
})

test('start-reset --old-pool continues after a failure and an interruption, and mails no user twice', async () => {
  const aws: AwsCall = async (...call) => {
    if (call[0] === 'lambda' && Object(call[2]).loginName === 'bob')
      throw new ServiceError('unavailable', 'down')
    return await store.table.aws(...call)
  }
  await expect(startResets({ ...store.table, aws }, [], { oldPool: true }, io())).rejects.toMatchObject({
    outcome: 'failed',
    message: expect.stringMatching(/ Continue with --old-pool --after ada\.$/),
  })
  const begun = store.begin('start-reset', '--old-pool', '--after', 'ada')
  begun.io.stdout.once('data', () => begun.interrupt())
  const interrupted = 'Interrupted before the end. Continue with --old-pool --after bob.\n'
  expect(await begun.outcome).toEqual({
    status: 130,
    stdout: `${line('bob')}1 of 4 users mailed.\n`,
    stderr: interrupted,
  })
  expect(await store.run(['start-reset', '--old-pool', '--after', 'bob'])).toMatchObject({ status: 0 })
  expect(mailed).toEqual(['ada', 'bob', 'eve'])
  expect(await store.run(['start-reset', '--old-pool', '--after', 'eve'])).toEqual(
    success('No user is left at the old pool after eve.\n'),
  )
})

test('start-reset --dry-run lists who is left, and several names are mailed', async () => {
  const { stdout } = await store.run(['start-reset', '--old-pool', '--dry-run'])
  expect(stdout).toMatch(
    /^username[\s\S]*\nada <ada@example.org> [\s\S]*5 users\.\nDry run\. No mail was sent\.\n$/,
  )
  expect(mailed).toEqual([])
  expect(await store.run(['start-reset', 'gone', 'social'])).toEqual(
    success(`${line('gone')}${line('s')}2 of 2 users mailed.\n`),
  )
  expect(mailed.toSorted()).toEqual(['gone', 'social'])
})

test('start-reset stops at once where the service sends no mails', async () => {
  const without = await useStore()
  await addTestUser(without.table, {
    username: 'ada',
    email: 'ada@example.org',
    passwordFrom: 'A',
    passwordHash: DECOY_HASH,
  })
  expect(await without.run(['start-reset', '--old-pool'])).toEqual({
    status: 1,
    stdout: '0 of 1 user mailed.\n',
    stderr: 'The service sends no mails. Deploy it with --param mailFrom=ADDRESS.\n',
  })
  without.stop()
})

test.each([
  [['start-reset'], 'Use either usernames or --file.'],
  [['start-reset', 'ada', '--old-pool'], 'Use --old-pool without usernames and --file.'],
  [['start-reset', 'ada', '--after', 'bob'], 'Use --after only with --old-pool.'],
  [
    ['start-reset', '--old-pool', '--after', ' '],
    'Invalid --after. Use the name that the command before printed.',
  ],
])('%j is refused', async (args, text) => {
  expect(await store.run(args)).toEqual(refusal(2, text))
  expect(mailed).toEqual([])
})
