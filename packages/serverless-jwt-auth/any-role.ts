import type { Role } from '../../lib/application/roles.ts'

/** Takes the place of `lib/application/roles.ts` in handlers of a project: the authorizer has checked that the role exists. */
export const isRole = (value: unknown): value is Role => typeof value === 'string' && value !== ''
