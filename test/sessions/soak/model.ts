import { randomInt } from 'node:crypto'
import { type Outcome, type Register, register } from './register.ts'

/** What a client knows about its session. `doubtful`: a change that may have ended it has an unknown outcome. */
export type State = 'live' | 'doubtful' | 'ended'

/** A session of a client. */
export interface ClientSession {
  id: string
  refreshToken: string
  authToken: string
  state: State
  /** How many requests to end only this session have begun. */
  endings: number
  /** Whether the access token must be accepted: no change has revoked it, nor may have. */
  isTokenLive: boolean
  /** Password of the sign-in. */
  password: string
  /** A refresh token that was replaced, and when. */
  replaced?: { refreshToken: string; atMs: number }
}

/** A token that must stay invalid. */
export type InvalidToken = { refreshToken: string; because: string } | { authToken: string; because: string }

/** A user, as far as the responses so far show. */
export interface SoakUser {
  username: string
  sourceIp: string
  password: Register<string>
  role: Register<string>
  isDisabled: Register<boolean>
  sessions: ClientSession[]
  invalid: InvalidToken[]
  /** Ids of the sessions that ended last. */
  endedIds: string[]
  /** Begins to watch whether anything revokes tokens or may do so. The result returns whether nothing did. */
  watchCalm(): () => boolean
  /** Makes a change that revokes the access tokens of this moment, and the sessions too but for one. */
  revoke(change: Revocation): Promise<Outcome>
  /** Makes a change that ends one session. */
  end(session: ClientSession, because: string, write: () => Promise<Outcome>): Promise<Outcome>
  /** Records that a session has ended for certain. */
  bury(session: ClientSession, because: string): void
  /** Records that all sessions have ended that another password began, but for one. */
  buryOtherPasswords(password: string, survivor?: ClientSession): void
}

interface Revocation {
  because: string
  /** Sessions that end. By default all. */
  ends?: (session: ClientSession) => boolean
  /** Makes the change. `isAlone` returns whether no other revocation has been under way since it began. */
  write: (isAlone: () => boolean) => Promise<Outcome>
}

/** A change that was given up takes effect before this time has passed: its function's timeout and the longest delay. */
const NEVER_LATER_MS = 8_000

/** More would not be tried again before the end. */
const MAX_INVALID = 60

export function soakUser(username: string, sourceIp: string, firstPassword: string): SoakUser {
  let underWay = 0
  let begun = 0
  let unknownUntilMs = 0
  const sessions: ClientSession[] = []
  const invalid: InvalidToken[] = []
  const endedIds: string[] = []

  function remember(token: InvalidToken): void {
    if (invalid.length < MAX_INVALID) invalid.push(token)
    else invalid[randomInt(MAX_INVALID)] = token
  }
  const isCalm = () => underWay === 0 && performance.now() > unknownUntilMs

  function bury(session: ClientSession, because: string): void {
    session.state = 'ended'
    // From here on, revocations do not know this session.
    session.isTokenLive = false
    endedIds.push(session.id)
    if (endedIds.length > MAX_INVALID) endedIds.shift()
    remember({ refreshToken: session.refreshToken, because })
    const index = sessions.indexOf(session)
    if (index !== -1) sessions.splice(index, 1)
  }

  return {
    username,
    sourceIp,
    password: register(firstPassword),
    role: register('user'),
    isDisabled: register(false),
    sessions,
    invalid,
    endedIds,
    watchCalm() {
      const [wasCalm, before] = [isCalm(), begun]
      return () => wasCalm && isCalm() && begun === before
    },
    async revoke({ because, ends = () => true, write }) {
      const concerned = sessions.map((session) => ({ session, authToken: session.authToken }))
      for (const { session } of concerned) {
        session.isTokenLive = false
        if (session.state === 'live' && ends(session)) session.state = 'doubtful'
      }
      const wasAlone = underWay === 0
      underWay += 1
      begun += 1
      const mark = begun
      const outcome = await write(() => wasAlone && begun === mark)
      underWay -= 1
      if (outcome === 'unknown') unknownUntilMs = performance.now() + NEVER_LATER_MS
      if (outcome !== 'done') return outcome
      for (const { session, authToken } of concerned) {
        remember({ authToken, because })
        if (session.state !== 'ended' && ends(session)) bury(session, because)
      }
      return outcome
    },
    async end(session, because, write) {
      if (session.state === 'live') session.state = 'doubtful'
      session.endings += 1
      const outcome = await write()
      if (outcome === 'done' && session.state !== 'ended') bury(session, because)
      return outcome
    },
    bury,
    buryOtherPasswords(password, survivor) {
      for (const session of [...sessions]) {
        if (session.password !== password && session !== survivor) {
          bury(session, 'signed in with a replaced password')
        }
      }
    },
  }
}
