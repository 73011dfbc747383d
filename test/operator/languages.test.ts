import { beforeEach, expect, test, vi } from 'vitest'
import { success } from '../support/process/command.ts'
import { readyHash, run, useStore } from '../support/process/operator.ts'
import { addTestUser } from '../support/users/users.ts'
import { fileOf, pagesOf, poolUser } from './cognito/pool.ts'

vi.mock('../../auth.config.ts', async (original) => ({
  default: {
    ...(await original<typeof import('../../auth.config.ts')>()).default,
    languages: ['en', 'de', 'fr'],
  },
}))

let events: object[] = []
const store = await useStore({
  functionNames: ['serverless-jwt-auth-dev-auth-mailer'],
  async invoke(_name, event) {
    events.push(event)
    return { isReturned: true, payload: 'null' }
  },
})
beforeEach(async () => {
  events = []
  await store.clear()
  const ada = { username: 'ada', email: 'ada@example.org', locale: 'de' }
  await addTestUser(store.table, { ...ada, passwordHash: readyHash() })
})

const at = expect.any(String)

test.each(['en_US.UTF-8', 'fr_FR.UTF-8', 'C'])(
  'the mails of commands do not depend on LANG=%s',
  async (lang) => {
    vi.stubEnv('LANG', lang)
    vi.stubEnv('LC_ALL', lang)
    const target = ['--local', '--endpoint', store.endpoint]
    const env = { LANG: lang, LC_ALL: lang }
    await run(['invite', 'Grace@Example.org', ...target], '', env)
    await run(['set-email', 'ada', 'ada@example.com', ...target], '', env)
    expect(events).toEqual([
      // The first language of the service.
      { kind: 'invitation', mailId: at, at },
      { kind: 'address-changed', id: at, to: 'ada@example.org', username: 'ada', locale: 'de', at },
    ])
  },
)

test('invite has the language of its option', async () => {
  await store.run(['invite', 'Grace@Example.org', '--locale', 'fr'])
  expect(events).toEqual([{ kind: 'invitation', mailId: at, language: 'fr', at }])
  const { status, stderr } = await store.run(['invite', 'Grace@Example.org', '--locale', 'it'])
  expect([status, stderr]).toEqual([2, expect.stringContaining('Invalid --locale. Use one of en, de, fr.')])
})

test('set-locale changes the language of mails, and its notice is in the language before it', async () => {
  const before = await store.user('ada')
  expect(await store.run(['set-locale', 'ada', 'fr'])).toEqual(
    success('Mails to ada are in fr.\nA notice is on its way to ada@example.org.\n'),
  )
  const after = await store.user('ada')
  const { changeId, changedAt } = Object(after)
  expect(after).toEqual({ ...before, locale: 'fr', changeId, changedAt })
  const notice = { kind: 'locale-changed', id: at, to: 'ada@example.org', username: 'ada', locale: 'de', at }
  expect(events).toEqual([notice])
  expect(await store.run(['set-locale', 'ada', 'fr'])).toEqual(success('Mails to ada are in fr already.\n'))
  expect(events).toEqual([notice])
  expect((await store.run(['set-locale', 'ada', 'it'])).status).toBe(2)
  expect((await store.run(['show', 'ada'])).stdout).toContain('language  fr\n')
})

test.each([
  ['de', 'de'],
  ['pt_BR', 'pt-BR'],
  ['zh-hans-cn', 'zh-Hans-CN'],
  // The service may get it later.
  ['it', 'it'],
  ['<b>', undefined],
  ['', undefined],
])('import takes the locale %j as %s', async (locale, stored) => {
  const line = { username: 'eve', role: 'user', passwordHash: readyHash(), locale }
  const { status } = await store.run(['import', '-', '--format', 'jsonl'], `${JSON.stringify(line)}\n`)
  expect(status).toBe(stored === undefined ? 1 : 0)
  if (stored !== undefined) expect((await store.user('eve'))?.locale).toBe(stored)
})

test('the attribute locale of a pool of Cognito is the language of mails, if it is a language', async () => {
  const users = [
    poolUser('kim', { locale: 'de_AT' }),
    poolUser('lee', { locale: 'it' }),
    poolUser('mia', { locale: 'Deutsch (Österreich)' }),
    poolUser('noa', { locale: '' }),
    poolUser('pia', {}),
  ]
  const from = ['--from', 'cognito', '--passwords-from', 'cognito', '--role', 'user']
  expect(await store.run(['import', fileOf('users.json', pagesOf(users)), ...from])).toEqual({
    ...success('5 added, 0 already there, 0 invalid.\n'),
    stderr: 'Users without their locale, which is no language: 1.\n',
  })
  const stored = await Promise.all(users.map(({ Username }) => store.user(Username)))
  expect(stored.map((user) => user?.locale)).toEqual(['de-AT', 'it', undefined, undefined, undefined])
})
