import { secondOf } from '../time.ts'

/** All roles. A new role is added here only. */
export const ROLES = ['user', 'admin'] as const

export type Role = (typeof ROLES)[number]

/** The authenticated caller of a request. */
export interface Principal {
  username: string
  role: Role
  /** Second since the epoch at which the caller's access token expires. */
  expiresAt: number
  /** Session that the access token belongs to, if known. */
  sessionId?: string | undefined
}

/** A stored user. `createdAt` and `changedAt` are ISO 8601 times. */
export interface User {
  username: string
  role: Role
  /** PHC string; see `lib/passwords/hash.ts`. */
  passwordHash: string
  disabled: boolean
  createdAt: string
  changedAt: string
  /** Second since the epoch. Access tokens issued before it are revoked. */
  validAfter: number
  /** Second since the epoch. Sessions created before it are revoked, except `survivingSession`. */
  sessionsValidAfter: number
  /** Id of the session in which the user changed the password. */
  survivingSession?: string | undefined
}

/** Creates a new user. Tokens and sessions of a deleted user with the same name are not valid for it. */
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

/** Whether a value is a username in its stored form: 1 to 64 characters of `a-z 0-9 . _ -`. */
export const isUsername = (value: unknown): value is string =>
  typeof value === 'string' && /^[a-z0-9._-]{1,64}$/.test(value)
