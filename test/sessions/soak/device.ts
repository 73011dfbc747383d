import { randomInt } from 'node:crypto'
import { type Tokens, tokensOf } from '../../support/users/sessions.ts'
import type { ClientSession, SoakUser } from './model.ts'
import { oneOf, outcomeOf, type World } from './world.ts'

/** A client keeps about this many sessions, and then signs out. */
const MAX_SESSIONS = 4

/** After this time a client does not repeat a refresh: the grace of 10 seconds may end. */
const RETRY_WITHIN_MS = 6_000

/** When a replaced token is certainly out of the grace, however late it was replaced. */
const SURELY_REPLACED_MS = 20_000

/** A device of a user. It does one thing at a time; other devices and operators act at the same time. */
export function device(world: World, user: SoakUser) {
  const own: ClientSession[] = []
  const { functions } = world

  async function signIn(): Promise<void> {
    const password = oneOf([...user.password.possible()]) ?? ''
    const [endCalm, passwords, states] = [user.watchCalm(), user.password.watch(), user.isDisabled.watch()]
    const response = await world.ask(
      user,
      'login',
      { body: { username: user.username, password } },
      [200, 401],
    )
    const [isCalm, mayBe, mayBeDisabled] = [endCalm(), passwords(), states()]
    if (response.status === 401 && mayBe.size === 1 && !mayBeDisabled.has(true)) {
      world.violate(`${user.username}: the correct password is refused`)
    }
    if (response.status !== 200) return
    if (!mayBeDisabled.has(false)) world.violate(`${user.username}: a disabled user signs in`)
    const { refreshToken, authToken } = tokensOf(response)
    const state = isCalm ? 'live' : 'doubtful'
    const session: ClientSession = {
      id: '',
      refreshToken,
      authToken,
      state,
      endings: 0,
      isTokenLive: isCalm,
      password,
    }
    user.sessions.push(session)
    own.push(session)
    // The password was verified before it was changed, or the user before it was disabled. Both end the session.
    if (!user.password.possible().has(password)) user.bury(session, 'signed in with a replaced password')
    else if (!user.isDisabled.possible().has(false)) user.bury(session, 'signed in before being disabled')
    session.id = await sessionIdOf(authToken)
  }

  /** Returns the id of a token's session. Nothing if the token is no longer accepted. */
  async function sessionIdOf(authToken: string): Promise<string> {
    const authorization = await functions.authorize(authToken).catch(() => undefined)
    return authorization?.context.sessionId ?? ''
  }

  async function refresh(session: ClientSession, times = 1): Promise<void> {
    const startedMs = performance.now()
    const { refreshToken } = session
    while (performance.now() - startedMs < RETRY_WITHIN_MS) {
      const wasEnded = session.state === 'ended'
      const endCalm = user.watchCalm()
      const ask = () => world.ask(user, 'refresh', { body: { refreshToken } }, [200, 401])
      const responses = await Promise.all(Array.from({ length: times }, ask))
      const isCalm = endCalm()
      if (responses.some(({ status }) => status === 401) && session.state !== 'ended') {
        if (session.state === 'live') world.violate(`${user.username}: a live session is lost`)
        user.bury(session, 'refused once')
      }
      if (session.state === 'live') world.count('refreshes of sessions that must be live')
      const refreshed = responses.filter(({ status }) => status === 200).map(tokensOf)
      if (refreshed.length > 0 && wasEnded) world.violate(`${user.username}: an ended session refreshes`)
      if (refreshed.length > 0) return adopt(session, refreshed, isCalm)
      if (session.state === 'ended') return
    }
    if (session.state === 'live') session.state = 'doubtful'
  }

  function adopt(session: ClientSession, all: Tokens[], isCalm: boolean): void {
    const next = new Set(all.map(({ refreshToken }) => refreshToken))
    if (next.size > 1) world.violate(`${user.username}: refreshes at once return different refresh tokens`)
    const { refreshToken, authToken } = all[0] as Tokens
    if (refreshToken !== session.refreshToken) {
      session.replaced = { refreshToken: session.refreshToken, atMs: performance.now() }
    }
    Object.assign(session, { refreshToken, authToken, isTokenLive: isCalm && session.state !== 'ended' })
    // It ended while this request was under way. Its newest token is invalid as well.
    if (session.state === 'ended') user.bury(session, 'ended during a refresh')
  }

  async function readContent(session: ClientSession): Promise<void> {
    const { authToken, isTokenLive } = session
    const roles = user.role.watch()
    const response = await world.ask(user, 'user-content', { token: authToken }, [200, 401])
    const possible = roles()
    if (response.status === 401 && isTokenLive && session.isTokenLive) {
      world.violate(`${user.username}: a live access token is refused`)
    }
    if (response.status === 200 && !possible.has(JSON.parse(response.text).role)) {
      world.violate(`${user.username}: a token has a role that was replaced`)
    }
  }

  async function list(session: ClientSession): Promise<void> {
    const ended = new Set(user.endedIds)
    const response = await world.ask(user, 'sessions', { token: session.authToken }, [200, 401])
    if (response.status !== 200) return
    const { sessions } = JSON.parse(response.text) as { sessions: { id: string }[] }
    for (const { id } of sessions) {
      if (ended.has(id)) world.violate(`${user.username}: the list contains a session that has ended`)
    }
  }

  const signOut = (session: ClientSession) =>
    user.end(session, 'signed out', async () =>
      outcomeOf(await world.ask(user, 'logout', { body: { refreshToken: session.refreshToken } }, [204])),
    )

  async function endAnother(session: ClientSession): Promise<void> {
    const other = oneOf(user.sessions.filter(({ id }) => id !== '' && id !== session.id))
    if (other === undefined) return
    const [wasLive, endCalm] = [other.state === 'live', user.watchCalm()]
    const endings = other.endings + 1
    await user.end(other, 'ended by another device', async () => {
      const asking = { token: session.authToken, id: other.id }
      const response = await world.ask(user, 'end-session', asking, [204, 401, 404])
      const mustBeFound = wasLive && endCalm() && other.endings === endings
      if (response.status === 404 && mustBeFound)
        world.violate(`${user.username}: a live session is not found`)
      return response.status === 404 ? 'done' : outcomeOf(response)
    })
  }

  /** Presents a token that was replaced long ago, as a thief does. The session ends. */
  async function reuse(session: ClientSession): Promise<void> {
    const { replaced } = session
    if (replaced === undefined || performance.now() - replaced.atMs < SURELY_REPLACED_MS) return
    await user.end(session, 'reused', async () => {
      const asking = { body: { refreshToken: replaced.refreshToken } }
      const response = await world.ask(user, 'refresh', asking, [401])
      if (response.status === 401) world.count('reuses detected')
      return response.status === 401 ? 'done' : 'unknown'
    })
  }

  async function guess(): Promise<void> {
    const body = { username: user.username, password: 'a wrong password' }
    await world.ask(user, 'login', { body }, [401])
  }

  return async function act(): Promise<void> {
    for (let index = own.length - 1; index >= 0; index -= 1) {
      if (own[index]?.state === 'ended') own.splice(index, 1)
    }
    const session = oneOf(own)
    if (session === undefined) return signIn()
    if (own.length > MAX_SESSIONS) return void (await signOut(session))
    const dice = randomInt(100)
    if (dice < 15) return signIn()
    if (dice < 45) return refresh(session)
    if (dice < 50) return refresh(session, 2)
    if (dice < 75) return readContent(session)
    if (dice < 82) return list(session)
    if (dice < 87) return void (await signOut(session))
    if (dice < 90) return endAnother(session)
    if (dice < 96) return reuse(session)
    return guess()
  }
}
