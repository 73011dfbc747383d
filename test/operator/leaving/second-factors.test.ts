import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readyHash, useStore } from '../../support/process/operator.ts'
import { addMover, newFolder, newPasskey } from './movers.ts'

const store = await useStore()
const mover = (name: string) => ({
  ...{ username: name, email: `${name}@example.org`, emailVerified: true },
  ...{ id: randomBytes(16).toString('base64url'), passwordHash: readyHash() },
})
const ada = mover('ada')
await addMover(
  store.table,
  { ...ada, externalId: 'a-1' },
  { passkeys: [{ passkey: newPasskey(ada.id), uvInitialized: true }] },
)
await addMover(store.table, { ...mover('bob'), mustEnrol: true }, { secret: randomBytes(20) })
await addMover(store.table, mover('carl'))
await addMover(store.table, { ...mover('dora'), mustEnrol: true })

const WITH_SECRETS = ['--with-secrets']

test.each([
  [[], 'ada, bob'],
  [WITH_SECRETS, 'ada'],
])('better-auth with %j demands no second factor of %s, which the command reports', async (more, names) => {
  const { stderr } = await leave('better-auth', more)
  const line = /the demand for a second factor after the password: \d users? \((.*)\)\n/
  expect(line.exec(stderr)?.[1]).toBe(names)
})

test.each([
  [[], ['ada', 'bob', 'dora']],
  [WITH_SECRETS, ['ada', 'dora']],
])('Keycloak with %j asks who had to have a second factor for an app', async (more, names) => {
  const { users } = await realmOf(more)
  const asked = users.filter(({ requiredActions }) => requiredActions.includes('CONFIGURE_TOTP'))
  expect(asked.map(({ username }) => username)).toEqual(names)
})

test('Keycloak shows attributes to administrators, and its users have its default role', async () => {
  const { realm, users, components } = await realmOf([])
  const [profile] = components['org.keycloak.userprofile.UserProfileProvider'] ?? []
  expect(profile?.providerId).toBe('declarative-user-profile')
  const { attributes, ...rest } = JSON.parse(profile?.config['kc.user.profile.config']?.[0] ?? '')
  expect(rest).toEqual({ unmanagedAttributePolicy: 'ADMIN_EDIT' })
  expect(attributes.map(({ name }: { name: string }) => name)).toEqual(['username', 'email'])
  expect(users[0]).toMatchObject({ id: ada.id, attributes: { externalId: ['a-1'] } })
  const roles = [`default-roles-${realm.toLowerCase()}`, 'user']
  for (const user of users) expect(user.realmRoles).toEqual(roles)
})

interface Realm {
  realm: string
  components: Record<string, { providerId: string; config: Record<string, string[]> }[]>
  users: { username: string; requiredActions: string[]; realmRoles: string[] }[]
}

async function realmOf(more: readonly string[]): Promise<Realm> {
  const { folder } = await leave('keycloak', more)
  return JSON.parse(readFileSync(join(folder, 'realm.json'), 'utf8'))
}

async function leave(system: string, more: readonly string[]) {
  const folder = newFolder()
  const { status, stderr } = await store.run(['export', '--to', folder, '--for', system, ...more])
  expect(status).toBe(0)
  return { folder, stderr }
}
