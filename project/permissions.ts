/** What a role may get in `can` of `auth.config.ts`. */
export const DELEGABLE = [
  'users:read',
  'sessions:read',
  'sessions:end',
  'users:disable',
  'users:reset',
  'act-as',
] as const

/** A permission of {@link DELEGABLE}. */
export type DelegablePermission = (typeof DELEGABLE)[number]
