import type { Change } from '../../../lib/mail/change.ts'
import { disable } from '../../../scripts/users/changes.ts'
import { setEmail } from '../../../scripts/users/names.ts'
import { remove } from '../../../scripts/users/remove.ts'
import { inBrowser } from '../../federation/identities.ts'
import { commandIo } from '../../security/interleave/commands.ts'
import type { Asking, Route } from '../../support/http/functions.ts'
import { totpCode } from '../../support/users/factors.ts'
import { NEW_PASSWORD } from '../../support/users/sessions.ts'
import { asOperator } from '../../support/users/users.ts'
import { idOf, type Person, type ProofScene } from './scene.ts'

/** What an operation reports to its client or operator. */
export interface Report {
  status?: number
  message?: string
  /** Of a session that began. */
  authToken?: string
}

type Who = 'ada' | 'pia'

/** An operation, and what the rules say about it. */
export interface Act {
  /** Whose account it is about. */
  who?: Who
  /** The mail, signature or change token that it uses. It counts once for all operations that use it. */
  uses?: string
  /** Whether it is a request in a session that was there before. A revocation ends it. */
  isInSession?: true
  /** Whether it ends what was asked for by mail before: sign-ins and changes. */
  isLoss?: true
  /** Whether no order gives it an effect, because its proof is for something else. */
  isForeign?: true
  run(scene: ProofScene, by: number): Promise<Report>
}

/** Sends a request. */
async function ask({ functions }: ProofScene, route: Route, asking: Asking) {
  const { status, text } = await functions.ask(route, asking)
  return { status, body: text === '' ? {} : JSON.parse(text) }
}

async function report(asked: ReturnType<typeof ask>): Promise<Report> {
  const { status, body } = await asked
  return { status, ...(body.authToken && { authToken: body.authToken }) }
}

/** Signs in by a mail, and with a recovery code if the user has second factors. */
const signIn = (who: Who, by: 'code' | 'token' = 'code'): Act => ({
  who,
  uses: `the mail of a sign-in of ${who}`,
  async run(scene, operation) {
    const { signIn, browserKey } = scene[who]
    const proof = by === 'code' ? { mailId: signIn.mailId, code: signIn.code } : { token: signIn.token }
    const first = await ask(scene, 'POST /login/mail/confirm', { body: { ...proof, browserKey } })
    const { next, loginToken } = first.body
    if (next === undefined) return report(Promise.resolve(first))
    const body = { loginToken, code: scene.recoveryCodes[operation] }
    return report(ask(scene, 'POST /login/recovery-code', { body }))
  },
})

/** A change of an account by a change token. */
interface Changing {
  route: Route
  change: Change
  askingOf?: (scene: ProofScene) => Asking
}

const DELETION: Changing = { route: 'DELETE /me', change: 'deletion' }

const send = (scene: ProofScene, { route, askingOf }: Changing, { caller }: Person, changeToken: string) => {
  const asking = askingOf?.(scene) ?? {}
  return ask(scene, route, { ...asking, body: { ...asking.body, changeToken }, authorization: caller })
}

/** Makes a change by a token that is there before. */
const change = (who: Who, changing: Changing): Act => ({
  who,
  uses: `the token for ${changing.change} of ${who}`,
  isInSession: true,
  run: (scene) => report(send(scene, changing, scene[who], scene[who].tokens[changing.change])),
})

/** Proves a change, and makes it or another one. Returns the response of the last step. */
const prove = (
  proved: Change,
  changing: Changing,
  callerOf: (scene: ProofScene) => Person = ({ ada }) => ada,
): Act => ({
  who: 'ada',
  uses: `the mail for ${proved} of ada`,
  isInSession: true,
  async run(scene) {
    const { caller, codes } = scene.ada
    const { mailId, code } = codes[proved]
    const body = { change: proved, mailId, code }
    const { status, body: given } = await ask(scene, 'POST /proof/confirm', { body, authorization: caller })
    if (status !== 200) return { status }
    return report(send(scene, changing, callerOf(scene), given.changeToken))
  },
})

const foreign = (act: Act): Act => ({ ...act, isForeign: true })

const register = (mail: 0 | 1, username: string): Act => ({
  uses: `the mail ${mail} of a registration`,
  run(scene) {
    const { mailId, code } = scene.registrations[mail]
    return report(ask(scene, 'POST /register/confirm', { body: { mailId, code, username } }))
  },
})

/** What ends everything that was asked for before, of a user. */
const lossesOf = (who: Who): Record<string, Act> => {
  const suffix = who === 'ada' ? '' : ' of pia'
  const loss = (run: Act['run'], more: Partial<Act> = {}): Act => ({ who, isLoss: true, run, ...more })
  const command = (run: (scene: ProofScene, username: string) => Promise<string>): Act =>
    loss(async (scene) => ({ message: await run(scene, scene[who].user.username) }))
  return {
    [`reset${suffix}`]: loss(
      (scene) =>
        report(ask(scene, 'POST /password/reset', { body: { ...scene[who].reset, password: NEW_PASSWORD } })),
      { uses: `the mail of a reset of ${who}` },
    ),
    [`confirm the address${suffix}`]: loss(
      (scene) => {
        const { mailId, code } = scene[who].moving
        const body = { mailId, code }
        return report(ask(scene, 'POST /email/confirm', { body, authorization: scene[who].caller }))
      },
      { uses: `the mail to a new address of ${who}`, isInSession: true },
    ),
    [`sign out everywhere${suffix}`]: loss((scene) => {
      const { refreshToken } = scene[who]
      return report(ask(scene, 'POST /logout', { body: { refreshToken, everywhere: true } }))
    }),
    [`disable${suffix}`]: command(({ table }, username) => disable(asOperator(table), username)),
    [`remove${suffix}`]: command(({ table }, username) =>
      remove(asOperator(table), username, true, commandIo()),
    ),
    [`set-email${suffix}`]: command(({ table }, username) =>
      setEmail(asOperator(table), username, `by-operator-${who}@example.org`, commandIo()),
    ),
  }
}

/** Proves a removal by a signature of the passkey, which was made before. */
const proveByPasskey: Act = {
  who: 'pia',
  uses: 'the signature of pia',
  isInSession: true,
  async run(scene) {
    const { assertion: response, passkeyId: id, pia } = scene
    const body = { change: 'removal', response }
    const proved = await ask(scene, 'POST /proof/confirm', { body, authorization: pia.caller })
    if (proved.status !== 200) return { status: proved.status }
    const removal: Changing = {
      route: 'DELETE /passkeys/{id}',
      change: 'removal',
      askingOf: () => ({ id }),
    }
    return report(send(scene, removal, pia, proved.body.changeToken))
  },
}

const addApp: Act = {
  who: 'ada',
  uses: 'the token for app of ada',
  isInSession: true,
  async run(scene) {
    const { ada } = scene
    const begun = await send(scene, { route: 'POST /factors/totp', change: 'app' }, ada, ada.tokens.app)
    if (begun.status !== 200) return { status: begun.status }
    const body = { code: totpCode(begun.body.secret) }
    return report(ask(scene, 'POST /factors/totp/confirm', { body, authorization: ada.caller }))
  },
}

const ASKED: Changing = {
  route: 'PUT /email',
  change: 'address',
  askingOf: () => ({ body: { email: 'asked@example.org' } }),
}

/** Operations on Ada, on Pia, and on the address that no user has. */
export const ACTS: Record<string, Act> = {
  'sign in': signIn('ada'),
  'sign in by the link': signIn('ada', 'token'),
  'prove and delete': prove('deletion', DELETION),
  delete: change('ada', DELETION),
  link: change('ada', {
    route: 'POST /identities',
    change: 'identities',
    askingOf: ({ ada: { waiting } }) => ({
      body: { identityToken: waiting.identityToken },
      headers: inBrowser(waiting.key),
    }),
  }),
  unlink: change('ada', {
    route: 'DELETE /identities/{id}',
    change: 'identities',
    askingOf: ({ ada: { linked } }) => ({ id: idOf(linked) }),
  }),
  'ask for an address': change('ada', ASKED),
  'add an app': addApp,
  ...lossesOf('ada'),
  register: register(0, 'new-user'),
  'register again': register(0, 'new-user-again'),
  'register by another mail': register(1, 'new-user-too'),
  'delete by a proof of another change': foreign(prove('identities', DELETION)),
  'delete in another session': foreign(
    prove('deletion', DELETION, ({ ada }) => ({ ...ada, caller: ada.elsewhere })),
  ),
  'delete another user': foreign({
    ...prove('deletion', DELETION, ({ pia }) => pia),
  }),
  'pia signs in': signIn('pia'),
  'pia signs in by the link': signIn('pia', 'token'),
  'pia removes the passkey': proveByPasskey,
  'pia gets recovery codes': change('pia', {
    route: 'POST /factors/recovery-codes',
    change: 'recovery-codes',
  }),
  'pia removes the app': change('pia', { route: 'DELETE /factors/totp', change: 'removal' }),
  ...lossesOf('pia'),
}

/** Returns what the rules say about an operation. */
export const actOf = (name: string): Act => ACTS[name] as Act

/** The names of operations on Ada and the new address, and of those on Pia. */
export const NAMES = Object.keys(ACTS)
const isOfPia = (name: string) => actOf(name).who === 'pia'
export const PAIRS = [NAMES.filter((name) => !isOfPia(name)), NAMES.filter(isOfPia)].flatMap((names) =>
  names.flatMap((first, index) => names.slice(index).map((second): [string, string] => [first, second])),
)

/** Pairs that use one proof, take one address, or of which one ends what the other one needs. */
export const CLOSE_PAIRS = PAIRS.filter(([first, second]) => {
  const [one, other] = [actOf(first), actOf(second)]
  const isOfAddress = [first, second].every((name) => /^(register|confirm the address$)/.test(name))
  return one.uses === other.uses || (one.who === other.who && (one.isLoss || other.isLoss)) || isOfAddress
})
