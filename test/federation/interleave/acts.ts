import { randomUUID } from 'node:crypto'
import { ServiceError } from '../../../lib/errors.ts'
import { findIdentityUser, useIdentity } from '../../../lib/federation/identity.ts'
import { changeProvider, removeProvider } from '../../../lib/federation/store.ts'
import { spendTry } from '../../../lib/federation/try.ts'
import { completeSignIn } from '../../../lib/sign-in/complete.ts'
import { AMR } from '../../../lib/users/factors.ts'
import { findUser } from '../../../lib/users/store.ts'
import type { User } from '../../../lib/users/user.ts'
import { ISSUER, withKms } from '../../support/aws/fake-kms.ts'
import type { Asking, Route } from '../../support/http/functions.ts'
import { NEW_PASSWORD, PASSWORD } from '../../support/users/sessions.ts'
import { testAct, testAt } from '../../support/users/users.ts'
import { inBrowser, type Waiting } from '../identities.ts'
import { type FederationScene, idOf } from './scene.ts'

/** What an operation reports to its client or operator. */
export interface Report {
  status?: number
  message?: string
}

type Act = { run(scene: FederationScene): Promise<Report> }

/** Returns what API Gateway keeps of the authorizer's result. */
const callerOf = ({ id, username, role, generation }: User) => ({
  userId: id,
  username,
  role,
  generation: String(generation),
  sessionId: 'none',
  acr: 'aal1',
  authTime: '1',
  expiresAt: String(Math.floor(Date.now() / 1_000) + 900),
})

async function ask({ functions }: FederationScene, route: Route, asking: Asking): Promise<Report> {
  const { status } = await functions.ask(route, asking)
  return { status }
}

/** Links the identity of a token. The caller may have refreshed the access token after a revocation. */
const link = (
  userOf: (scene: FederationScene) => User,
  waitingOf: (scene: FederationScene) => Waiting,
): Act => ({
  run(scene) {
    const { identityToken, key } = waitingOf(scene)
    const body = { identityToken, currentPassword: PASSWORD }
    return ask(scene, 'POST /identities', {
      body,
      headers: inBrowser(key),
      authorization: callerOf(userOf(scene)),
    })
  },
})

const create = (waitingOf: (scene: FederationScene) => Waiting): Act => ({
  run(scene) {
    const { identityToken, key } = waitingOf(scene)
    return ask(scene, 'POST /register/provider', { body: { identityToken }, headers: inBrowser(key) })
  },
})

/** Signs in with Ada's identity, after a response that is verified: what `POST /login/provider` does. */
async function signIn({ table, one, federatedSessions }: FederationScene): Promise<Report> {
  const id = idOf(one)
  const userId = await findIdentityUser(table, id)
  const user = userId === undefined ? undefined : await findUser(table, userId)
  if (!user) return { status: 404 }
  const now = new Date()
  const refusal = () => new ServiceError('invalid_credentials', 'refused')
  const spends = [spendTry({ state: randomUUID() }, now), useIdentity(user.id, id, one.label, now)]
  const lifetimes = { absoluteTtlSeconds: 3_600, idleTtlSeconds: 3_600 }
  const at = { ...testAt(withKms(table), now), config: ISSUER }
  const { session } = await completeSignIn(
    at,
    {
      user,
      amr: AMR.federated,
      inCookie: true,
      origin: at.origin,
      lifetimes,
      spends: (begun) => {
        federatedSessions.push(begun.id)
        return spends.map((write) => ({ write, refusal }))
      },
    },
    async () => ({ endings: [] }),
  )
  return { status: 200, message: session.id }
}

/** Operations on Ada, on the identity that no user has, and on the provider. */
export const ACTS = {
  'sign in': { run: signIn },
  link: link(
    ({ ada }) => ada,
    ({ adaLinks }) => adaLinks,
  ),
  'link again': link(
    ({ ada }) => ({ ...ada, generation: ada.generation + 1 }),
    ({ adaLinks }) => adaLinks,
  ),
  'link by bob': link(
    ({ bob }) => bob,
    ({ bobLinks }) => bobLinks,
  ),
  create: create(({ creates }) => creates),
  'create too': create(({ createsToo }) => createsToo),
  unlink: {
    run: (scene) =>
      ask(scene, 'DELETE /identities/{id}', {
        id: idOf(scene.one),
        body: { currentPassword: PASSWORD },
        authorization: callerOf(scene.ada),
      }),
  },
  'unlink shared': {
    run: (scene) =>
      ask(scene, 'DELETE /identities/{id}', {
        id: idOf(scene.shared),
        body: { currentPassword: PASSWORD },
        authorization: callerOf(scene.ada),
      }),
  },
  delete: {
    run: (scene) =>
      ask(scene, 'DELETE /me', {
        body: { currentPassword: PASSWORD },
        authorization: callerOf(scene.ada),
      }),
  },
  reset: {
    run: (scene) => ask(scene, 'POST /password/reset', { body: { ...scene.proof, password: NEW_PASSWORD } }),
  },
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
} satisfies Record<string, Act>

export type ActName = keyof typeof ACTS

/** All but those that need another one first. */
export const ACT_NAMES = (Object.keys(ACTS) as ActName[]).filter((name) => !/again|shared/.test(name))
