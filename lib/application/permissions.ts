import config from '../../auth.config.ts'
import { DELEGABLE, type DelegablePermission } from '../../project/permissions.ts'
import { FORMER_ROLES, isAdministrator, ROLES } from './roles.ts'

/** What only administrators may do: each of it leads to everything else. */
const RESERVED = [
  'roles:set',
  'users:rename',
  'users:remove',
  'factors:remove',
  'attributes:set',
  'invite',
] as const

/** What a user may do with other accounts. */
export type Permission = DelegablePermission | (typeof RESERVED)[number]

/** What a role may do with other accounts, and with those of which roles. */
interface Rights {
  may: readonly Permission[]
  /** Roles, also former ones. */
  over: readonly string[]
}

const ALL: Rights = { may: [...DELEGABLE, ...RESERVED], over: [...ROLES, ...FORMER_ROLES] }
const NONE: Rights = { may: [], over: [] }

/** Returns what users of a role may do. A role that was taken out of `auth.config.ts` may do nothing. */
export function rightsOf(role: string): Rights {
  if (isAdministrator(role)) return ALL
  const can: Readonly<Record<string, Rights | undefined>> = config.can ?? {}
  return (Object.hasOwn(can, role) && can[role]) || NONE
}

/** Whether users of a role may do anything with other accounts. */
export const hasRights = (role: string): boolean => rightsOf(role).may.length > 0
