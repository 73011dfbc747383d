import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import type { Role } from '../../../lib/application/roles.ts'
import { readyHash, useStore } from '../../support/process/operator.ts'
import { addMover, GOOGLE, newFolder } from './movers.ts'

vi.mock('../../../auth.config.ts', () => ({
  default: {
    roles: ['user', 'admin'],
    administrators: ['admin'],
    attributes: { plan: { type: 'string', values: ['free', 'pro'] }, banned: { type: 'boolean' } },
  },
}))

const store = await useStore()
const mail = (name: string) => ({
  username: `${name}@example.org`,
  email: `${name}@example.org`,
  emailVerified: true,
})
await addMover(
  store.table,
  {
    ...mail('ada'),
    locale: 'de',
    passwordHash: readyHash(),
    attributes: { plan: 'pro', banned: false, team: 'a former one' },
  },
  { identities: [GOOGLE] },
)
// The service treats a user of a former role as disabled.
await addMover(store.table, {
  ...mail('bob'),
  passwordHash: readyHash(),
  role: 'former' as Role,
  attributes: { banned: false },
})

const FORMER = '  values of attributes that the configuration does not allow: 1 user (ada@example.org)\n'

test.each([
  [
    'json',
    'users.jsonl',
    { attributes: { plan: 'pro', banned: false } },
    { role: 'former', disabled: false },
  ],
  ['better-auth', 'user.jsonl', { plan: 'pro', banned: false }, { role: 'former', banned: true }],
])('%s gets attributes and roles', async (system, name, ada, bob) => {
  const { folder, stderr } = await leave(system)
  expect(stderr).toContain(FORMER)
  const lines = readFileSync(join(folder, name), 'utf8').trim().split('\n')
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([ada, bob])
})

test('Keycloak gets attributes and roles, and a user of a former role is not enabled', async () => {
  const { folder } = await leave('keycloak')
  const realm = JSON.parse(readFileSync(join(folder, 'realm.json'), 'utf8'))
  const defaultRole = `default-roles-${realm.realm.toLowerCase()}`
  expect(realm).toMatchObject({
    roles: { realm: [{ name: 'user' }, { name: 'former' }] },
    users: [
      {
        attributes: { plan: ['pro'], banned: ['false'], locale: ['de'] },
        realmRoles: [defaultRole, 'user'],
        enabled: true,
      },
      { realmRoles: [defaultRole, 'former'], enabled: false },
    ],
  })
})

test('Supabase gets attributes where users cannot change them, and no label of an identity', async () => {
  const { folder } = await leave('supabase')
  const [, ada = '', bob = ''] = readFileSync(join(folder, 'users.csv'), 'utf8').split('\n')
  expect(ada).toContain('{""plan"":""pro"",""banned"":false,')
  expect(ada).toMatch(/,"\{""username"":""ada@example\.org""\}",/)
  expect([ada, bob].map((line) => line.endsWith(',"9000-01-01T00:00:00Z"'))).toEqual([false, true])
  expect(readFileSync(join(folder, 'identities.csv'), 'utf8')).not.toContain(GOOGLE.label)
})

test('Cognito gets attributes in columns of the pool, and no user of a former role', async () => {
  const header = join(newFolder(), '../header.json')
  const CSVHeader = [
    'cognito:username',
    'cognito:mfa_enabled',
    'email',
    'email_verified',
    'cognito:password',
    'custom:plan',
  ]
  writeFileSync(header, JSON.stringify({ CSVHeader }))
  const { folder, stderr } = await leave('cognito', '--pool-header', header)
  expect(stderr).toContain('  users, because they are disabled: 1 user (bob@example.org)\n')
  expect(stderr).toContain('  banned, without a column custom:banned: 1 user (ada@example.org)\n')
  expect(stderr).toContain('  languages of mails, without a column locale: 1 user (ada@example.org)\n')
  const rows = readFileSync(join(folder, 'argon2id-1.csv'), 'utf8').trim().split('\n')
  expect(rows).toHaveLength(2)
  expect(rows[1]).toMatch(/,pro$/)
})

async function leave(system: string, ...more: string[]) {
  const folder = newFolder()
  const { status, stderr } = await store.run(['export', '--to', folder, '--for', system, ...more])
  expect(status).toBe(0)
  return { folder, stderr }
}
