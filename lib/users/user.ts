/** Every role there is. A new one is added here, and nowhere else. */
export const ROLES = ['user', 'admin'] as const

export type Role = (typeof ROLES)[number]

/** Who a request speaks for. */
export interface Principal {
  username: string
  role: Role
  /** Second since the epoch at which the token, and so this statement, ends. */
  expiresAt: number
  /** Session the token belongs to, where it is known. */
  sessionId?: string | undefined
}

/** What is stored about a user. Times with names in `At` are ISO 8601. */
export interface User {
  username: string
  role: Role
  /** PHC string; see `lib/passwords/hash.ts`. */
  passwordHash: string
  disabled: boolean
  createdAt: string
  changedAt: string
  /** Second since the epoch: access tokens issued before it are dead. */
  validAfter: number
  /** Second since the epoch: sessions begun before it are over, all but `survivingSession`. */
  sessionsValidAfter: number
  survivingSession?: string | undefined
}

/** A user as it begins: nothing that was issued to an earlier user of the name, up to this second, is good for it. */
export function newUser(username: string, role: Role, passwordHash: string, now: Date): User {
  const createdAt = now.toISOString()
  const since = secondOf(now) + 1
  return {
    username,
    role,
    passwordHash,
    disabled: false,
    createdAt,
    changedAt: createdAt,
    validAfter: since,
    sessionsValidAfter: since,
  }
}

/** Whether a value is one of {@link ROLES}. */
export const isRole = (value: unknown): value is Role => ROLES.some((role) => role === value)

/** Whether a value is a username as it is stored: 1 to 64 characters of `a-z 0-9 . _ -`. */
export const isUsername = (value: unknown): value is string =>
  typeof value === 'string' && /^[a-z0-9._-]{1,64}$/.test(value)

/** The whole second since the epoch that an instant lies in. */
export const secondOf = (instant: Date): number => Math.floor(instant.getTime() / 1000)

/**
 * What to issue a token or session at, so that everything that was revoked in this very second stays dead
 * and this stays alive.
 *
 * @returns Second since the epoch, `now` or at most moments later.
 */
export const issueSecond = (user: Pick<User, 'validAfter'>, now: Date): number =>
  Math.max(secondOf(now), user.validAfter)

/**
 * The change to a user that kills every access token issued so far.
 *
 * Tokens count whole seconds, so the mark is the next one, and later than the mark before it.
 */
export const revokeTokens = (user: Pick<User, 'validAfter'>, now: Date) => ({
  validAfter: Math.max(secondOf(now), user.validAfter) + 1,
})

/**
 * The change to a user that kills every access token and ends every session, in one write.
 *
 * @param survivingSession - The one session that goes on, if any.
 */
export function revokeSessions(user: Pick<User, 'validAfter'>, now: Date, survivingSession?: string) {
  const { validAfter } = revokeTokens(user, now)
  return { validAfter, sessionsValidAfter: validAfter, survivingSession }
}
