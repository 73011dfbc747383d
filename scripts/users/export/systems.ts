import { isRole } from '../../../lib/application/roles.ts'
import type { Identity } from '../../../lib/federation/identity.ts'
import type { User } from '../../../lib/users/user.ts'
import type { ExportFile } from '../../cli/files/directory.ts'
import type { Lose } from './losses.ts'
import type { UserRecord } from './records.ts'

/** What some systems need in addition to the users. */
export interface SystemOptions {
  /** Name of Keycloak's realm. */
  realm: string
  /** Columns of Cognito's import. */
  columns: readonly string[]
  /** The one of them that has the password hash. */
  hashColumn: string | undefined
}

/** A system that users can move to. */
export interface System {
  /**
   * Converts users into files. It converts all of them before it returns.
   *
   * @param lose - Notes what the system cannot take.
   */
  files(records: readonly UserRecord[], lose: Lose, options: SystemOptions): ExportFile[]
}

/** Names that most systems give to a provider, by its issuer. */
const USUAL_NAMES: Record<string, string> = {
  'https://accounts.google.com': 'google',
  'https://appleid.apple.com': 'apple',
  'https://account.apple.com': 'apple',
  'https://github.com': 'github',
}

/** Returns the usual name of an identity's provider, or the one it has here. */
export const providerNameOf = ({ issuer, provider }: Pick<Identity, 'issuer' | 'provider'>, other = '') =>
  USUAL_NAMES[issuer] ?? `${other}${provider}`

/** Whether a user cannot sign in here, and must not elsewhere. The service treats a user with an unknown role as disabled. */
export const isOff = ({ disabled, role }: Pick<User, 'disabled' | 'role'>): boolean =>
  disabled || !isRole(role)
