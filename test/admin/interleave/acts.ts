import { randomBytes, randomUUID } from 'node:crypto'
import { transact } from '../../../lib/aws/dynamodb.ts'
import { eventOf, partitionOf } from '../../../lib/events/event.ts'
import { SESSION_RANDOM_BYTES, startSession } from '../../../lib/sessions/session.ts'
import { storedSession } from '../../../lib/sessions/store.ts'
import { AMR } from '../../../lib/users/factors.ts'
import { removeUser } from '../../../lib/users/names.ts'
import { revokeSessions, revokeTokens } from '../../../lib/users/revocation.ts'
import { changeUser, type UserChanges, unrevoked } from '../../../lib/users/store.ts'
import type { User } from '../../../lib/users/user.ts'
import { operator } from '../../support/users/sessions.ts'
import { testAct } from '../../support/users/users.ts'
import { CHANGING, send } from '../routes.ts'
import type { AdminScene, Caller } from './scene.ts'

/** What an operation reports to its client or operator. */
export interface Report {
  status?: number
  message?: string
}

export type Act = { run(scene: AdminScene): Promise<Report> }

/** Changes a user of the scene, as a command does. */
const changing = (
  username: string,
  changesOf: (user: User) => UserChanges & Pick<User, 'generation'>,
): Act => ({
  async run({ table }) {
    const user = await operator(table).user(username)
    const changed = await changeUser(
      table,
      user,
      { changes: changesOf(user), changeId: randomUUID() },
      testAct(),
    )
    return { message: changed ? 'done' : 'refused' }
  },
})

/** What ends the rights of root. */
export const LOSSES = {
  'root loses the role': changing('root', (user) => ({ role: 'user', ...revokeTokens(user) })),
  'root is disabled': changing('root', (user) => ({ disabled: true, ...revokeSessions(user) })),
  'root gets another password': changing('root', (user) => ({
    passwordHash: 'another hash',
    ...revokeSessions(user),
  })),
  'root is removed': {
    async run({ table }) {
      await removeUser(table, await operator(table).user('root'), [], testAct())
      return { message: 'done' }
    },
  },
} satisfies Record<string, Act>

export const PROMOTED = 'ada becomes an administrator'

/** What users do at any time. */
export const SIGN_IN = 'ada signs in'

/** What takes the rights of an administrator, by the routes of another one. */
const DANGERS = CHANGING.filter((route) =>
  ['PATCH /admin-api/users/{id}', 'PUT /admin-api/users/{id}/role', 'DELETE /admin-api/users/{id}'].includes(
    route,
  ),
)

/** A request of an administrator about another one. It gives the role of users. */
const against = (route: string, sides: (scene: AdminScene) => [Caller, Caller]): Act => ({
  async run(scene) {
    const [caller, other] = sides(scene)
    const more = route.endsWith('/role') ? { body: { role: 'user' } } : {}
    const { status } = await send(scene.functions, route, other.named, caller.headers, more)
    return { status }
  },
})

/** Each request of root about ada, by its route; those of root and boss about each other; and what comes between. */
export const ACTS: Record<string, Act> = {
  ...Object.fromEntries(
    CHANGING.map((route): [string, Act] => [
      route,
      {
        async run({ functions, ada, root }) {
          const { status } = await send(functions, route, ada, root.headers)
          return { status }
        },
      },
    ]),
  ),
  ...Object.fromEntries(
    DANGERS.flatMap((route): [string, Act][] => [
      [`root: ${route} of boss`, against(route, ({ root, boss }) => [root, boss])],
      [`boss: ${route} of root`, against(route, ({ root, boss }) => [boss, root])],
    ]),
  ),
  ...LOSSES,
  [SIGN_IN]: {
    async run({ table, ada: { target } }) {
      const origin = { sourceIp: '203.0.113.7', userAgent: 'test' }
      const lifetimes = { absoluteTtlSeconds: 2_592_000, idleTtlSeconds: 604_800 }
      const start = { amr: AMR.password, inCookie: true, origin, lifetimes }
      const { session } = startSession(target, start, new Date(), randomBytes(SESSION_RANDOM_BYTES))
      const happening = {
        type: 'session.created',
        subject: partitionOf(target.id),
        session: session.id,
      } as const
      const event = eventOf(table, testAct(), happening)
      const refused = await transact(table, [unrevoked(target), storedSession(session), event])
      return { message: refused ? 'refused' : 'done' }
    },
  },
  [PROMOTED]: changing('ada', (user) => ({ role: 'admin', ...revokeTokens(user) })),
}

/** Every two requests of two administrators about each other. */
export const DUELS = DANGERS.flatMap((one) =>
  DANGERS.map((other): [string, string] => [`root: ${one} of boss`, `boss: ${other} of root`]),
)
