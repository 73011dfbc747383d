import config from '../../auth.config.ts'

export type Role = (typeof config.roles)[number]

/** All roles. `auth.config.ts` has them. */
export const ROLES: readonly [Role, ...Role[]] = config.roles

/** The role of a new user that no operator chose. */
export const [FIRST_ROLE]: readonly [Role, ...Role[]] = ROLES

/**
 * Roles that were removed from {@link ROLES}. Their users are disabled; `npm run users -- list` still finds
 * them.
 */
export const FORMER_ROLES = config.formerRoles ?? []

/** Whether a value is one of {@link ROLES}. */
export const isRole = (value: unknown): value is Role => ROLES.some((role) => role === value)

/** Whether users of a role are administrators. */
export const isAdministrator = (role: string): boolean => config.administrators.some((one) => one === role)

/** Whether the policy `administrators` covers users of a role: administrators, and roles in `can`. */
export const isCovered = (role: string): boolean =>
  isAdministrator(role) || Object.hasOwn(config.can ?? {}, role)
