import { writeFileSync } from 'node:fs'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { transact } from '../../lib/aws/dynamodb.ts'
import { verifyEnrolmentCode } from '../../lib/enrolment/code.ts'
import { announcement, findFactorReset, storeFactorReset } from '../../lib/mail/factor-reset.ts'
import type { User } from '../../lib/users/user.ts'
import { usersCommand } from '../../scripts/users/command.ts'
import { beginInProcess, refusal, success } from '../support/process/command.ts'
import { readyHash, run, temporaryFolder, useStore } from '../support/process/operator.ts'
import { addTestUser, giveFactors, testAct } from '../support/users/users.ts'
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
  const names = { username: 'ada', email: 'ada@example.org', emailAsWritten: 'Ada@example.org' }
  await addTestUser(store.table, { ...names, emailVerified: true, passwordHash: readyHash() })
  await addTestUser(store.table, { username: 'bob', passwordHash: readyHash() })
})

const at = expect.stringMatching(/^\d{4}-\d\d-\d\dT/)

const CODE = /^((?:[0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4})\n/

describe('start-enrolment', () => {
  const ASKED_IF = 'The sign-in asks for it if requireSecondFactor covers the user.\n'

  const start = async (name = 'ada') => {
    const { status, stdout, stderr } = await store.run(['start-enrolment', name])
    expect({ status, stderr }).toEqual({ status: 0, stderr: ASKED_IF })
    return String(CODE.exec(stdout)?.[1])
  }
  const isCorrect = async (code: string, now = new Date()) =>
    (await verifyEnrolmentCode(store.table, await user('ada'), code, now)) !== undefined

  test('prints a code of 80 bits, and stores its hash only', async () => {
    const { stdout } = await store.run(['start-enrolment', 'ada'])
    const [, code = ''] = CODE.exec(stdout) ?? []
    expect(stdout).toBe(
      `${code}\nThis code lets ada add a second factor at the next sign-in. It works once, with the password, within 24 hours.\n`,
    )
    expect(await isCorrect(code)).toBe(true)
    const stored = JSON.stringify(await store.items())
    expect(stored).not.toContain(code)
    expect(stored).not.toContain(code.replaceAll('-', ''))
  })

  test('prints a code that replaces the earlier one', async () => {
    const [first, second] = [await start(), await start()]
    expect([await isCorrect(first), await isCorrect(second)]).toEqual([false, true])
  })

  test('prints a code that a change of the user voids', async () => {
    const code = await start()
    await store.run(['set-role', 'ada', 'admin'])
    expect(await isCorrect(code)).toBe(false)
  })

  test('prints a code that is read as a person types it', async () => {
    const code = await start()
    expect(await isCorrect(code.toLowerCase().replaceAll('-', ' '))).toBe(true)
    expect(await isCorrect(code.slice(1))).toBe(false)
  })

  test.each([
    ['an hour early', -3_600],
    ['an hour late', 3_600],
  ])('prints a code that works at once, with a clock %s', async (_what, seconds) => {
    const args = ['start-enrolment', 'ada', '--local', '--endpoint', store.endpoint]
    const begun = beginInProcess(usersCommand, args)
    begun.io.now = () => new Date(Date.now() + seconds * 1_000)
    const { stdout } = await begun.outcome
    expect(await isCorrect(String(CODE.exec(stdout)?.[1]))).toBe(true)
  })

  test('refuses a user with a second factor, and a disabled one', async () => {
    await give('ada')
    const line = 'User ada has a second factor. Use reset-factors if it is lost.'
    expect(await store.run(['start-enrolment', 'ada'])).toEqual(refusal(1, line))
    await store.run(['disable', 'bob'])
    const disabled = 'User bob is disabled. Enable the user first.'
    expect(await store.run(['start-enrolment', 'bob'])).toEqual(refusal(1, disabled))
    expect(await store.run(['start-enrolment', 'ghost'])).toEqual(refusal(1, 'User ghost does not exist.'))
  })
})

describe('reset-factors', () => {
  const AT_ONCE = 'Use --without-notice to remove the second factors at once.'

  test('writes a request without a time, hands it to the mailer, and removes nothing', async () => {
    await give('ada')
    const before = await user('ada')
    expect(await store.run(['reset-factors', 'ada'])).toEqual(
      success(
        'A notice is on its way to Ada@example.org. Only a sign-in with the password removes the second factors of ada: the first one after the delay. Until then, its link or a complete sign-in cancels that.\n',
      ),
    )
    const { id } = before
    const reset = await findFactorReset(store.table, id)
    expect(reset).toEqual({ mailId: expect.stringMatching(/^[\w-]{22}$/), ofRole: 'user' })
    expect(events).toEqual([{ kind: 'factor-reset', mailId: reset?.mailId, userId: id, at }])
    expect(await user('ada')).toEqual({ ...before, changeId: expect.any(String) })
    expect((await sortKeys()).filter((sk) => sk.startsWith('passkey#'))).toHaveLength(2)
  })

  test('refuses a user without a verified address', async () => {
    await give('bob')
    const line = `User bob has no verified address for the notice. ${AT_ONCE}`
    expect(await store.run(['reset-factors', 'bob'])).toEqual(refusal(1, line))
    await addTestUser(store.table, { username: 'eve', email: 'eve@example.org', passwordHash: readyHash() })
    await give('eve')
    expect(await store.run(['reset-factors', 'eve'])).toEqual(refusal(1, line.replace('bob', 'eve')))
    expect(events).toEqual([])
  })

  test('refuses a service without mail, and leaves no request', async () => {
    const without = await useStore()
    onTestFinished(() => without.stop())
    const names = { username: 'ada', email: 'ada@example.org', emailVerified: true }
    await addTestUser(without.table, { ...names, passwordHash: readyHash() })
    const { id } = Object(await without.user('ada'))
    await giveFactors(without.table, { id })
    const line = `The service sends no mails. Deploy it with --param mailFrom=ADDRESS. ${AT_ONCE}`
    expect(await without.run(['reset-factors', 'ada'])).toEqual(refusal(1, line))
    expect(await findFactorReset(without.table, id)).toBeUndefined()
    expect(await without.run(['reset-factors', 'ada', '--without-notice'])).toEqual(
      success('The second factors of ada are removed. All sessions have ended.\n'),
    )
  })

  test('refuses a user without a second factor', async () => {
    for (const more of [[], ['--without-notice']]) {
      const outcome = await store.run(['reset-factors', 'ada', ...more])
      expect(outcome).toEqual(refusal(1, 'User ada has no second factor.'))
    }
  })

  test('without a notice removes all at once, revokes all, and notifies the user', async () => {
    await give('ada')
    await store.run(['reset-factors', 'ada'])
    const before = await user('ada')
    await store.signIn('ada')
    expect(await store.run(['reset-factors', 'ada', '--without-notice'])).toEqual(
      success(
        'The second factors of ada are removed. All sessions have ended.\nA notice is on its way to Ada@example.org.\n',
      ),
    )
    const after = await user('ada')
    expect(after).toMatchObject({
      factors: undefined,
      generation: before.generation + 1,
      sessionGeneration: before.sessionGeneration + 1,
    })
    const left = (await sortKeys()).filter((sk) => !sk.startsWith('session#'))
    // Two names of ada, one of bob.
    expect(left.toSorted()).toEqual(['name', 'name', 'name', 'profile', 'profile'])
    const notice = { kind: 'factors-removed', id: expect.any(String), to: 'Ada@example.org' }
    expect(events.at(-1)).toEqual({ ...notice, username: 'ada', at })
  })

  test('without a notice frees the credential ids of the passkeys', async () => {
    await give('ada')
    await store.run(['reset-factors', 'ada', '--without-notice'])
    expect((await sortKeys()).filter((sk) => sk === 'credential')).toEqual([])
  })
})

describe('with second factors', () => {
  test('show and list name them, and a requested reset', async () => {
    await give('ada')
    const { id } = await user('ada')
    const shown = async () => (await store.run(['show', 'ada'])).stdout
    expect(await shown()).toMatch(/\nfactors {3}passkey\ncreated/)
    await storeFactorReset(store.table, id, 'r', testAct())
    expect(await shown()).toMatch(/\nreset {5}of the factors is requested, and no mail was sent yet\n/)
    await transact(store.table, [announcement(id, 'r', 86_400, new Date('2026-11-26T09:00:00Z'))])
    expect(await shown()).toMatch(
      /\nreset {5}of the factors is requested, its mail was sent at 2026-11-26 09:00 UTC\n/,
    )
    expect(JSON.parse((await store.run(['show', 'ada', '--json'])).stdout)).toMatchObject({
      factors: ['passkey'],
      factorReset: { announcedAt: '2026-11-26T09:00:00.000Z' },
    })
    const { stdout } = await store.run(['list'])
    expect(stdout.replace(/\d{4}-\d\d-\d\d/g, 'date').split('\n')).toEqual([
      'username               role  state    factors  created     changed',
      'ada <ada@example.org>  user  enabled  passkey  date  date',
      'bob                    user  enabled  none     date  date',
      '2 users.',
      '',
    ])
    expect(JSON.parse((await store.run(['list', '--json'])).stdout)).toMatchObject([
      { username: 'ada', factors: ['passkey'] },
      { username: 'bob' },
    ])
  })

  test('export reports that it leaves them out, and import leaves those of a user', async () => {
    await give('ada')
    const file = `${temporaryFolder()}/users.jsonl`
    const { status, stdout, stderr } = await store.run(['export'])
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr: 'Second factors are not exported. Users who have some, and must add them again: 1.\n',
    })
    expect(stdout).not.toMatch(/factor|passkey|credential/)
    await store.run(['export', '--output', file])
    const before = await store.items()
    expect(await store.run(['import', file])).toMatchObject({ status: 0 })
    expect(await store.items()).toEqual(before)
  })
})

test('show has mustEnrol, which only an import of a user who was removed lifts', async () => {
  const eve = await addTestUser(store.table, { username: 'eve', passwordHash: readyHash(), mustEnrol: true })
  const shown = async () => (await store.run(['show', 'eve'])).stdout
  expect(await shown()).toContain('\nfactors   none, one is required\n')
  expect(JSON.parse((await store.run(['show', 'eve', '--json'])).stdout)).toMatchObject({ mustEnrol: true })
  const { stdout } = await store.run(['export'])
  const line = stdout.split('\n').find((one) => one.includes('"eve"')) ?? ''
  const file = `${temporaryFolder()}/eve.jsonl`
  writeFileSync(file, line.replace('"mustEnrol":true', '"mustEnrol":false'))
  await store.run(['import', file])
  expect(await shown()).toContain('one is required')
  await store.run(['remove', 'eve', '--yes'])
  await store.run(['import', file])
  expect(await shown()).not.toContain('factors')
  expect(await shown()).toContain(`\nid        ${eve.id}\n`)
})

describe('set-role to admin', () => {
  /** Runs the command on a stage whose stack has these outputs, with the store of these tests. */
  async function setRole(outputs: Record<string, string> | undefined, role = 'admin') {
    const env = { ...(await startStack(NAME, outputs)), AWS_ENDPOINT_URL_DYNAMODB: store.endpoint }
    return await run(['set-role', 'ada', role, '--stage', 'dev'], '', env)
  }
  const done = (role = 'admin') => `ada has role ${role}. Access tokens issued before are revoked.\n`
  const notice = 'The role takes effect once ada has a second factor. The next sign-in asks for one.\n'

  test.each([
    ['administrators', notice],
    ['all', notice],
    ['none', ''],
    ['', ''],
  ])('under the policy %s says when it takes effect', async (policy, line) => {
    expect(await setRole({ RequireSecondFactor: policy })).toEqual(success(done() + line))
    expect((await user('ada')).role).toBe('admin')
  })

  test('says nothing more of a user with a second factor, and of another role', async () => {
    expect(await setRole({ RequireSecondFactor: 'all' }, 'user')).toEqual(success(done('user')))
    await give('ada')
    expect(await setRole({ RequireSecondFactor: 'all' })).toEqual(success(done()))
  })

  test('stores the role, although the stack cannot be read', async () => {
    const outcome = await setRole(undefined)
    expect(outcome).toMatchObject({ status: 0, stdout: done() })
    expect(outcome.stderr).toMatch(/^Whether stage dev requires a second factor is unknown: /)
    expect((await user('ada')).role).toBe('admin')
  })

  test('of the local service asks no stack', async () => {
    expect(await store.run(['set-role', 'ada', 'admin'])).toEqual(success(done()))
  })
})

const user = async (name: string) => (await store.user(name)) as User

const give = async (name: string) => giveFactors(store.table, await user(name))

const sortKeys = async () => (await store.items()).map(({ sk }) => Object(sk).S)
