import type { AuthenticationResponseJSON } from '@simplewebauthn/server'
import { Refusal } from '../../../scripts/cli/refusal.ts'
import * as changes from '../../../scripts/users/changes.ts'
import { endSessions } from '../../../scripts/users/identities/end-sessions.ts'
import { remove } from '../../../scripts/users/remove.ts'
import { commandIo } from '../../security/interleave/commands.ts'
import { addTokens, type KnownSession, type KnownToken } from '../../security/interleave/scene.ts'
import { claimsOf } from '../../support/http/forge.ts'
import type { Asking } from '../../support/http/functions.ts'
import { ORIGIN } from '../../support/service.ts'
import { totpCode, wrongTotpCode } from '../../support/users/factors.ts'
import { PASSWORD } from '../../support/users/sessions.ts'
import { asOperator } from '../../support/users/users.ts'
import { createPasskey, usePasskey } from '../../support/users/webauthn/authenticator.ts'
import type { FactorScene, KnownLogin, KnownPasskey, SignInAttempt } from './scene.ts'

export const NEW_PASSWORDS = { own: 'another password by ada', operator: 'a password by the operator' }

/** What an operation reports to its client or operator: of its last request. */
export interface Report {
  status?: number
  message?: string
  session?: KnownSession
  token?: KnownToken
}

/** A kind of operation on the user ada. */
export interface Act {
  /** What its write of the profile revokes, beside what every change of factors revokes. */
  revokes?: 'tokens' | 'all'
  /** Password that it sets. */
  sets?: string
  run(scene: FactorScene, by: number): Promise<Report>
}

async function ask(scene: FactorScene, route: string, asking: Asking) {
  scene.tick()
  const { status, text } = await scene.functions.ask(route, asking)
  return { status, body: text === '' ? {} : JSON.parse(text) }
}

/** Returns what API Gateway keeps of the authorizer's result: the token may have been revoked since. */
function kept({ authToken }: KnownToken): Record<string, string> {
  const { sub, username, role, exp, gen, sid, acr, auth_time } = claimsOf(authToken)
  const numbers = { expiresAt: String(exp), generation: String(gen), authTime: String(auth_time) }
  return { userId: sub, username, role, sessionId: sid, acr, ...numbers }
}

/** Returns the newest value. Without one, the operation is refused. */
const newest = <T>(values: readonly T[]): T => {
  const value = values.at(-1)
  if (value === undefined) throw new Refusal('refused', 'the scene has none')
  return value
}

/** Sends the last step of a sign-in. */
async function complete(
  scene: FactorScene,
  route: string,
  body: object,
  attempt: Omit<SignInAttempt, 'status' | 'sessionId'>,
): Promise<Report> {
  const entry: SignInAttempt = { ...attempt }
  scene.signIns.push(entry)
  const response = await ask(scene, route, { body })
  entry.status = response.status
  if (response.status === 200) {
    entry.sessionId = addTokens(scene, response.body, attempt.by)
    if (response.body.recoveryCodes) scene.codes.push(...response.body.recoveryCodes)
  }
  return { status: response.status }
}

/** Takes the first step. Returns the login token, unless the password completes the sign-in or is refused. */
async function enterPassword(
  scene: FactorScene,
  by: number,
): Promise<{ status: number; login?: KnownLogin }> {
  const credentials = { username: scene.username, password: PASSWORD }
  const { status, body } = await ask(scene, 'POST /login', { body: credentials })
  if (body.loginToken || body.enrolmentToken) {
    const login = { token: body.loginToken ?? body.enrolmentToken, by }
    ;(body.loginToken ? scene.logins : scene.enrolments).push(login)
    return body.loginToken ? { status, login } : { status }
  }
  if (status === 200) {
    const sessionId = addTokens(scene, body, by)
    scene.signIns.push({ by, spends: [], factor: undefined, status, sessionId })
  }
  return { status }
}

const idOf = ({ token }: KnownLogin) => token.split('.')[0] ?? ''

function byTotp(scene: FactorScene, by: number, login: KnownLogin, steps: number, isWrong = false) {
  const secret = newest(scene.secrets)
  const code = isWrong ? wrongTotpCode(secret) : totpCode(secret, steps)
  return complete(
    scene,
    'POST /login/totp',
    { loginToken: login.token, code },
    {
      by,
      login,
      spends: [`login token ${idOf(login)}`, `code ${secret} ${code}`],
      factor: { kind: 'totp', value: secret },
    },
  )
}

function byRecoveryCode(scene: FactorScene, by: number, login: KnownLogin) {
  const code = scene.codes[0] ?? ''
  return complete(
    scene,
    'POST /login/recovery-code',
    { loginToken: login.token, code },
    {
      by,
      login,
      spends: [`login token ${idOf(login)}`, `recovery code ${code}`],
      factor: { kind: 'recovery-code', value: code },
    },
  )
}

async function byPasskey(scene: FactorScene, by: number, login?: KnownLogin): Promise<Report> {
  const { passkey } = newest(scene.passkeys)
  const bound = login ? { loginToken: login.token } : {}
  const { status, body } = await ask(scene, 'POST /login/passkey/options', { body: bound })
  if (status !== 200) return { status }
  return byAssertion(scene, by, usePasskey(passkey, body, ORIGIN), login)
}

function byAssertion(
  scene: FactorScene,
  by: number,
  response: AuthenticationResponseJSON,
  login?: KnownLogin,
) {
  const { challenge } = JSON.parse(Buffer.from(response.response.clientDataJSON, 'base64url').toString())
  return complete(
    scene,
    'POST /login/passkey',
    { ...(login && { loginToken: login.token }), response },
    {
      by,
      login,
      spends: [...(login ? [`login token ${idOf(login)}`] : []), `challenge ${challenge}`],
      factor: { kind: 'passkey', value: response.id },
    },
  )
}

/** Takes both steps, the second one with a factor. */
const login = (second: (scene: FactorScene, by: number, login: KnownLogin) => Promise<Report>): Act => ({
  async run(scene, by) {
    const first = await enterPassword(scene, by)
    return first.login ? second(scene, by, first.login) : { status: first.status }
  },
})

/** A request on a protected route with the current password. */
async function change(
  scene: FactorScene,
  route: string,
  more: { body?: object; id?: string; withoutPassword?: boolean } = {},
) {
  const token = scene.pick(scene.tokens)
  const { id, body, withoutPassword } = more
  const all = { ...(withoutPassword ? {} : { currentPassword: PASSWORD }), ...body }
  const response = await ask(scene, route, { body: all, authorization: kept(token), ...(id && { id }) })
  return { ...response, token }
}

type Answer = Awaited<ReturnType<typeof ask>>

/** Creates a passkey by the options of a route, and registers it by another one. */
async function register(
  scene: FactorScene,
  options: object,
  send: (response: object) => Promise<Answer>,
): Promise<Answer> {
  const { passkey, response } = createPasskey(options as Parameters<typeof createPasskey>[0], ORIGIN)
  const entry: KnownPasskey = { passkey, id: '' }
  scene.passkeys.push(entry)
  const sent = await send(response)
  if (sent.status === 200) entry.id = sent.body.passkey.id
  return sent
}

const operators = (
  run: (scene: FactorScene) => Promise<string>,
  values: Pick<Act, 'revokes' | 'sets'> = {},
): Act => ({ ...values, run: async (scene) => ({ message: await run(scene) }) })

export const ACTS = {
  'password step': {
    run: async (scene, by) => ({ status: (await enterPassword(scene, by)).status }),
  },
  // With a login token that another operation may use too.
  totp: { run: (scene, by) => byTotp(scene, by, scene.pick(scene.logins), 0) },
  'next totp': { run: (scene, by) => byTotp(scene, by, scene.pick(scene.logins), 1) },
  'wrong totp': { run: (scene, by) => byTotp(scene, by, scene.pick(scene.logins), 0, true) },
  'recovery code': { run: (scene, by) => byRecoveryCode(scene, by, scene.pick(scene.logins)) },
  'second passkey': { run: (scene, by) => byPasskey(scene, by, scene.pick(scene.logins)) },
  passkey: { run: (scene, by) => byPasskey(scene, by) },
  'copied assertion': {
    run: (scene, by) => byAssertion(scene, by, scene.assertion as AuthenticationResponseJSON),
  },
  'login with totp': login((scene, by, known) => byTotp(scene, by, known, 0)),
  'login with a recovery code': login(byRecoveryCode),
  'login with a passkey': login(byPasskey),
  'add totp': {
    async run(scene) {
      const started = await change(scene, 'POST /factors/totp')
      if (started.status !== 200) return { status: started.status }
      const { secret } = started.body
      scene.secrets.push(secret)
      const { token } = started
      const body = { code: totpCode(secret) }
      const { status, body: confirmed } = await ask(scene, 'POST /factors/totp/confirm', {
        body,
        authorization: kept(token),
      })
      if (status === 200 && confirmed.recoveryCodes) scene.codes.push(...confirmed.recoveryCodes)
      return { status, token }
    },
  },
  'remove totp': {
    async run(scene) {
      const { status, token } = await change(scene, 'DELETE /factors/totp')
      return { status, token }
    },
  },
  'add passkey': {
    async run(scene) {
      const { status, body, token } = await change(scene, 'POST /passkeys/options')
      if (status !== 200) return { status }
      const added = await register(scene, body, (response) =>
        ask(scene, 'POST /passkeys', { body: { response }, authorization: kept(token) }),
      )
      if (added.body.recoveryCodes) scene.codes.push(...added.body.recoveryCodes)
      return { status: added.status, token }
    },
  },
  'remove passkey': {
    async run(scene) {
      const { id } = scene.pick(scene.passkeys)
      const { status, token } = await change(scene, 'DELETE /passkeys/{id}', { id: id || '0'.repeat(43) })
      return { status, token }
    },
  },
  'new recovery codes': {
    async run(scene) {
      const { status, body, token } = await change(scene, 'POST /factors/recovery-codes')
      if (status === 200) scene.codes.push(...body.recoveryCodes)
      return { status, token }
    },
  },
  'enrol totp': {
    async run(scene, by) {
      const login = scene.pick(scene.enrolments)
      const { token: enrolmentToken } = login
      const started = await ask(scene, 'POST /enrolment/totp', { body: { enrolmentToken } })
      if (started.status !== 200) return { status: started.status }
      const { secret } = started.body
      scene.secrets.push(secret)
      const code = totpCode(secret)
      return complete(
        scene,
        'POST /enrolment/totp/confirm',
        { enrolmentToken, code },
        {
          by,
          login,
          spends: [`login token ${idOf(login)}`, `code ${secret} ${code}`],
          factor: { kind: 'totp', value: secret },
        },
      )
    },
  },
  'enrol passkey': {
    async run(scene, by) {
      const login = scene.pick(scene.enrolments)
      const { token: enrolmentToken } = login
      const { status, body } = await ask(scene, 'POST /enrolment/passkey/options', {
        body: { enrolmentToken },
      })
      if (status !== 200) return { status }
      const { passkey, response } = createPasskey(body, ORIGIN)
      scene.passkeys.push({ passkey, id: '' })
      return complete(
        scene,
        'POST /enrolment/passkey',
        { enrolmentToken, response },
        {
          by,
          login,
          spends: [`login token ${idOf(login)}`, `challenge ${body.challenge}`],
          factor: { kind: 'passkey', value: response.id },
        },
      )
    },
  },
  refresh: {
    async run(scene, by) {
      const session = scene.pick(scene.sessions)
      const refreshToken = session.refreshTokens.at(-1)
      const { status, body } = await ask(scene, 'POST /refresh', { body: { refreshToken } })
      if (status === 200) addTokens(scene, body, by)
      return { status, session }
    },
  },
  logout: {
    async run(scene) {
      const session = scene.pick(scene.sessions)
      const refreshToken = session.refreshTokens.at(-1)
      return { ...(await ask(scene, 'POST /logout', { body: { refreshToken } })), session }
    },
  },
  everywhere: {
    revokes: 'all',
    async run(scene) {
      const session = scene.pick(scene.sessions)
      const body = { refreshToken: session.refreshTokens.at(-1), everywhere: true }
      return { status: (await ask(scene, 'POST /logout', { body })).status, session }
    },
  },
  password: {
    revokes: 'all',
    sets: NEW_PASSWORDS.own,
    async run(scene) {
      const { status, token } = await change(scene, 'PUT /password', {
        body: { newPassword: NEW_PASSWORDS.own },
      })
      return { status, token }
    },
  },
  'delete me': {
    revokes: 'all',
    async run(scene) {
      const { status, token } = await change(scene, 'DELETE /me')
      return { status, token }
    },
  },
  'set-password': operators(
    ({ service, username }) =>
      changes.setPassword(asOperator(service.table), username, commandIo(NEW_PASSWORDS.operator)),
    { revokes: 'all', sets: NEW_PASSWORDS.operator },
  ),
  'set-role': operators(
    ({ service, username }) => changes.setRole(asOperator(service.table), username, 'admin'),
    {
      revokes: 'tokens',
    },
  ),
  'end-sessions': operators(({ service, username }) => endSessions(asOperator(service.table), username), {
    revokes: 'all',
  }),
  disable: operators(({ service, username }) => changes.disable(asOperator(service.table), username), {
    revokes: 'all',
  }),
  remove: operators(
    ({ service, username }) => remove(asOperator(service.table), username, true, commandIo()),
    {
      revokes: 'all',
    },
  ),
} satisfies Record<string, Act>

export type ActName = keyof typeof ACTS

export const ACT_NAMES = Object.keys(ACTS) as ActName[]
