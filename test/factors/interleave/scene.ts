import type {
  AuthenticationResponseJSON,
  PublicKeyCredentialRequestOptionsJSON,
} from '@simplewebauthn/server'
import { vi } from 'vitest'
import type { Item } from '../../../lib/aws/dynamodb.ts'
import { addTokens, type KnownSession, type KnownToken } from '../../security/interleave/scene.ts'
import { countComputations } from '../../support/aws/gate.ts'
import type { Functions } from '../../support/http/functions.ts'
import { keepState, type Scene, type SceneOptions } from '../../support/interleave/world.ts'
import { recordLogs } from '../../support/logs.ts'
import { ORIGIN, type TestService, useService } from '../../support/service.ts'
import { addPasskey, addTotp, beginLogin, bodyOf, signInWith } from '../../support/users/factors.ts'
import { type SoftPasskey, usePasskey } from '../../support/users/webauthn/authenticator.ts'

/** A login token or enrolment token that a client got. */
export interface KnownLogin {
  token: string
  /** Index of the operation that got it; `undefined` if it is older than all of them. */
  by: number | undefined
}

/** A factor that the user's devices hold. */
export interface KnownPasskey {
  passkey: SoftPasskey
  /** Hash of the credential id; empty if no response said it. */
  id: string
}

/** What a last step of a sign-in presents. */
export interface SignInAttempt {
  by: number
  /** Each may complete one sign-in. */
  spends: string[]
  /** The factor: a secret in base32, a credential id in base64url, or a recovery code. */
  factor: { kind: 'totp' | 'passkey' | 'recovery-code'; value: string } | undefined
  login?: KnownLogin | undefined
  status?: number
  sessionId?: string
}

/** What clients and devices know. */
interface Known {
  sessions: KnownSession[]
  tokens: KnownToken[]
  logins: KnownLogin[]
  enrolments: KnownLogin[]
  /** Secrets of authenticator apps, in base32, the newest last. */
  secrets: string[]
  passkeys: KnownPasskey[]
  /** Recovery codes that were shown, the newest last. */
  codes: string[]
  /** A response of a passkey to a challenge for a sign-in without a name. */
  assertion?: AuthenticationResponseJSON
}

/** What a user begins a schedule with. */
export const STATES = ['none', 'totp', 'both', 'enrolment', 'reset'] as const
export type State = (typeof STATES)[number]

/** User, sessions, factors and tokens of one schedule. */
export interface FactorScene extends Known, Scene {
  state: State
  functions: Functions
  service: TestService
  userId: string
  username: string
  /** Items of the user at the beginning, by sort key. */
  before: Record<string, Item>
  signIns: SignInAttempt[]
}

const BEGIN_MS = Date.UTC(2027, 0, 15, 12)
const USERNAME = 'ada'

/** Delay of a reset in the state `reset`, whose delay has passed. */
const RESET_DELAY_SECONDS = 86_400

/** Adds bob, who has a passkey, and ada, in every state. Returns what begins a schedule from a state. */
export async function firstScenes() {
  recordLogs()
  countComputations()
  const at = (seconds: number) => void vi.setSystemTime(BEGIN_MS + seconds * 1_000)
  vi.useFakeTimers({ toFake: ['Date'], now: BEGIN_MS })
  // Mails would arrive at any time.
  const service = await useService({ settings: { MAILER: '' } })
  const functions = { none: service.functions, all: await service.load({ REQUIRE_SECOND_FACTOR: 'all' }) }
  at(-900)
  const { id: userId } = await service.addUser({ username: USERNAME })
  const bare = await service.restorer()
  const snapshots = new Map<State, { known: Known; restore: Awaited<ReturnType<typeof keepState>> }>()

  const known: Known = {
    sessions: [],
    tokens: [],
    logins: [],
    enrolments: [],
    secrets: [],
    passkeys: [],
    codes: [],
  }
  const factors = () => ({
    username: USERNAME,
    recoveryCodes: known.codes,
    ...(known.secrets[0] && { secret: known.secrets[0] }),
  })

  /** Begins two sessions and two sign-ins, and keeps the state. */
  async function keep(state: State) {
    const side = state === 'enrolment' ? functions.all : functions.none
    known.sessions = []
    known.tokens = []
    for (const seconds of [-150, -110]) {
      at(seconds)
      addTokens(known, await signInWith(functions.none, factors()), undefined)
    }
    at(-60)
    const tokens = known.secrets.length > 0 || state === 'enrolment' ? 2 : 0
    for (let count = 0; count < tokens; count += 1) {
      // The sign-in of the second one renews the latest session.
      const replaces = count === 0 ? {} : { body: { replaces: known.sessions.at(-1)?.refreshTokens.at(-1) } }
      const token = { token: await beginLogin(side, USERNAME, replaces), by: undefined }
      ;(state === 'enrolment' ? known.enrolments : known.logins).push(token)
    }
    const [passkey] = known.passkeys
    if (passkey) {
      const options: PublicKeyCredentialRequestOptionsJSON = bodyOf(
        await side.ask('POST /login/passkey/options', { body: {} }),
      )
      known.assertion = usePasskey(passkey.passkey, options, ORIGIN)
    }
    if (state === 'enrolment')
      await service.proveEnrolments(
        USERNAME,
        known.enrolments.map(({ token }) => token),
      )
    if (state === 'reset') await service.storeReset(userId, BEGIN_MS / 1_000 - RESET_DELAY_SECONDS - 60)
    snapshots.set(state, { known: copyOf(known), restore: await keepState(service.table) })
    known.logins = []
    known.enrolments = []
  }

  await keep('enrolment')
  await bare()
  await keep('none')
  await bare()
  at(-890)
  const first = await signInWith(functions.none, factors())
  const { secret, recoveryCodes = [] } = await addTotp(functions.none, first.authToken)
  known.secrets = [secret]
  known.codes = recoveryCodes
  const withTotp = await service.restorer()
  await keep('totp')
  await withTotp()
  at(-290)
  const second = await signInWith(functions.none, factors())
  known.passkeys = [await addPasskey(functions.none, second.authToken)]
  const withBoth = await service.restorer()
  await keep('both')
  await withBoth()
  await keep('reset')

  return async (state: State, options: SceneOptions): Promise<FactorScene> => {
    const snapshot = snapshots.get(state)
    if (snapshot === undefined) throw new Error(`no state ${state}`)
    const kept = await snapshot.restore()
    at(0)
    return {
      ...kept,
      ...copyOf(snapshot.known),
      state,
      functions: state === 'enrolment' ? functions.all : functions.none,
      service,
      userId,
      username: USERNAME,
      before: await service.items(`user#${userId}`),
      signIns: [],
      ...options,
    }
  }
}

/** A passkey counts, so each schedule has its own. */
const copyOf = (known: Known): Known => ({
  ...structuredClone({ ...known, passkeys: [] }),
  passkeys: known.passkeys.map(({ passkey, id }) => ({ passkey: { ...passkey }, id })),
})
