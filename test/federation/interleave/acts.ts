import { changeProvider, removeProvider } from '../../../lib/federation/store.ts'
import type { User } from '../../../lib/users/user.ts'
import { setPassword } from '../../../scripts/users/changes.ts'
import { unlink as unlinkByOperator } from '../../../scripts/users/identities/identities.ts'
import { commandIo } from '../../security/interleave/commands.ts'
import type { Asking, Route } from '../../support/http/functions.ts'
import { NEW_PASSWORD, WEAK } from '../../support/users/sessions.ts'
import { asOperator, testAct } from '../../support/users/users.ts'
import { inBrowser, type Waiting } from '../identities.ts'
import { type FederationScene, idOf, type Owner } from './scene.ts'

/** What an operation reports to its client or operator. */
export interface Report {
  status?: number
  message?: string
}

/** What an act proves, and what it removes by the rules. */
interface Act {
  /** Whether it proves the password that the scene begins with. */
  isByPassword?: true
  /** Whether it sets a password, and removes all identities. */
  isReset?: true
  run(scene: FederationScene, by: number): Promise<Report>
}

/** Returns what API Gateway keeps of the authorizer's result. */
const callerOf = ({ id, username, role, generation }: User) => ({
  userId: id,
  username,
  role,
  generation: String(generation),
  sessionId: 'none',
  acr: 'aal2',
  authTime: String(Math.floor(Date.now() / 1_000)),
  expiresAt: String(Math.floor(Date.now() / 1_000) + 900),
})

async function ask({ functions }: FederationScene, route: Route, asking: Asking): Promise<Report> {
  const { status } = await functions.ask(route, asking)
  return { status }
}

/** A request of a user with the password that the scene begins with. */
const byPassword = (
  route: Route,
  userOf: (scene: FederationScene) => User,
  askingOf: (scene: FederationScene) => Asking = () => ({}),
): Act => ({
  isByPassword: true,
  run(scene) {
    const asking = askingOf(scene)
    const body = { ...asking.body, currentPassword: WEAK.password }
    return ask(scene, route, { ...asking, body, authorization: callerOf(userOf(scene)) })
  },
})

const waiting = ({ identityToken, key }: Waiting): Asking => ({
  body: { identityToken },
  headers: inBrowser(key),
})

const create = (waitingOf: (scene: FederationScene) => Waiting): Act => ({
  run: (scene) => ask(scene, 'POST /register/provider', waiting(waitingOf(scene))),
})

type OwnerOf = (scene: FederationScene) => Owner

/**
 * Signs in with an identity, and with a recovery code if the user has second factors.
 *
 * @param response - The operation of the schedule whose response is sent; by default the own one.
 */
const signIn = (ownerOf: OwnerOf, response?: number): Act => ({
  async run(scene, by) {
    const { status, text } = await scene.respond(response ?? by, ownerOf(scene).one)
    const { next, loginToken } = JSON.parse(text)
    if (next !== 'second-factor') return { status }
    return ask(scene, 'POST /login/recovery-code', { body: { loginToken, code: scene.codes[by] ?? '' } })
  },
})

const ada: OwnerOf = (scene) => scene.ada
const dora: OwnerOf = (scene) => scene.dora

const unlink = (ownerOf: OwnerOf): Act =>
  byPassword(
    'DELETE /identities/{id}',
    (scene) => ownerOf(scene).user,
    (scene) => ({ id: idOf(ownerOf(scene).one) }),
  )

const reset = (ownerOf: OwnerOf): Act => ({
  isReset: true,
  run: (scene) =>
    ask(scene, 'POST /password/reset', { body: { ...ownerOf(scene).proof, password: NEW_PASSWORD } }),
})

const operatorSetsPassword = (ownerOf: OwnerOf): Act => ({
  isReset: true,
  async run(scene) {
    const { username } = ownerOf(scene).user
    return { message: await setPassword(asOperator(scene.table), username, commandIo(NEW_PASSWORD)) }
  },
})

const operatorUnlinks = (ownerOf: OwnerOf): Act => ({
  async run(scene) {
    const { user, one } = ownerOf(scene)
    return { message: await unlinkByOperator(asOperator(scene.table), user.username, idOf(one)) }
  },
})

/** Operations on Ada, on Dora, on the identity that no user has, and on the provider. */
export const ACTS = {
  'sign in': signIn(ada),
  'sign in with the first response again': signIn(ada, 0),
  link: byPassword(
    'POST /identities',
    (scene) => scene.ada.user,
    (scene) => waiting(scene.adaLinks),
  ),
  // The caller has refreshed the access token after a revocation.
  'link again': byPassword(
    'POST /identities',
    ({ ada: { user } }) => ({ ...user, generation: user.generation + 1 }),
    (scene) => waiting(scene.adaLinks),
  ),
  'link by bob': byPassword(
    'POST /identities',
    (scene) => scene.bob,
    (scene) => waiting(scene.bobLinks),
  ),
  create: create((scene) => scene.creates),
  'create too': create((scene) => scene.createsToo),
  unlink: unlink(ada),
  'unlink shared': byPassword(
    'DELETE /identities/{id}',
    (scene) => scene.ada.user,
    (scene) => ({ id: idOf(scene.shared) }),
  ),
  delete: byPassword('DELETE /me', (scene) => scene.ada.user),
  'change the password': byPassword(
    'PUT /password',
    (scene) => scene.ada.user,
    () => ({ body: { newPassword: NEW_PASSWORD } }),
  ),
  reset: reset(ada),
  'set-password': operatorSetsPassword(ada),
  'users unlink': operatorUnlinks(ada),
  'disable the provider': {
    async run({ table, provider }) {
      return { message: await changeProvider(table, provider, { changes: { disabled: true } }, testAct()) }
    },
  },
  'remove the provider': {
    async run({ table, provider }) {
      return { message: await removeProvider(table, provider, testAct()) }
    },
  },
  'sign in with a factor': signIn(dora),
  'unlink of dora': unlink(dora),
  'users unlink of dora': operatorUnlinks(dora),
  'reset of dora': reset(dora),
  'set-password of dora': operatorSetsPassword(dora),
} satisfies Record<string, Act>

export type ActName = keyof typeof ACTS

/** Operations of which all pairs are run: all but those on Dora, and those that need another one first. */
export const ACT_NAMES = (Object.keys(ACTS) as ActName[]).filter(
  (name) => !/again|shared|factor|dora/.test(name),
)

/** Operations on Dora, of which each runs while she signs in. */
export const DORA_NAMES = (Object.keys(ACTS) as ActName[]).filter((name) => /dora/.test(name))

/** Returns what an operation proves. */
export const actOf = (name: ActName): Act => ACTS[name]
