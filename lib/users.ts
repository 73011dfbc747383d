/** Every role there is. */
const ROLES = ['user', 'admin'] as const

export type Role = (typeof ROLES)[number]

/** Who a request speaks for. */
export interface Principal {
  username: string
  role: Role
  /** Second since the epoch at which the token, and so this statement, ends. */
  expiresAt: number
}

/** What is stored about a user. Times are ISO 8601. */
export interface User {
  username: string
  role: Role
  /** PHC string; see `lib/passwords.ts`. */
  passwordHash: string
  disabled: boolean
  createdAt: string
  changedAt: string
}

/** Whether a value is one of {@link ROLES}. */
export const isRole = (value: unknown): value is Role => ROLES.some((role) => role === value)

/** Whether a value is a username as it is stored: 1 to 64 characters of `a-z 0-9 . _ -`. */
export const isUsername = (value: unknown): value is string =>
  typeof value === 'string' && /^[a-z0-9._-]{1,64}$/.test(value)
