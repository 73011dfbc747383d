import type { Role } from '../../../lib/application/roles.ts'
import { DECOY_HASH } from '../../../lib/passwords/hash.ts'
import { Refusal } from '../../cli/refusal.ts'
import { readFirebaseParameters, type WithParameters } from './firebase.ts'
import { type Mapping, mappingOf, mapValues, type Program } from './mapping.ts'

/** Old places that take the passwords of users who have none here: a pool of Cognito, or an endpoint. */
export const OLD_PLACES = ['cognito', 'url'] as const

/** Options that say what a file has, and what the import adds to each line. */
export interface LayoutOptions {
  from?: Program
  map?: Mapping
  role?: Role
  withoutPasswords?: boolean
  passwordsFrom?: (typeof OLD_PLACES)[number]
  plaintextPasswords?: boolean
  firebaseParameters?: string
}

/** The options, checked, with the parameters read. */
export interface Layout {
  /** `undefined` if the file has the columns of this service, or is of a pool. */
  mapping: Mapping | undefined
  /** What `--map` says. */
  map: Mapping | undefined
  /** Role of the users whose line has none. */
  role: Role | undefined
  /** Whether a line without password and hash is a user. */
  withoutPasswords: boolean
  /** Where the passwords of these users are. Without it they cannot sign in. */
  passwordsFrom: LayoutOptions['passwordsFrom']
  /** Whether a password as its user types it may be in the file. */
  plaintextPasswords: boolean
  withParameters: WithParameters | undefined
}

/**
 * Checks the options of an import.
 *
 * @param isPool - Whether the file is of a pool of Cognito.
 * @throws {@link Refusal} `usage`, before anything of the file is read.
 */
export async function layoutOf(options: LayoutOptions, isPool: boolean): Promise<Layout> {
  const { map, role, passwordsFrom, firebaseParameters } = options
  const { withoutPasswords = passwordsFrom !== undefined, plaintextPasswords = false } = options
  const mapping = isPool ? undefined : mappingIn(options)
  const hasSalt = mapping?.has('salt') ?? false
  if (hasSalt && firebaseParameters === undefined) {
    throw new Refusal(
      'usage',
      'Hashes of Firebase need the parameters of their project. Use --firebase-parameters.',
    )
  }
  if (!hasSalt && firebaseParameters !== undefined) {
    throw new Refusal(
      'usage',
      'Use --firebase-parameters with --from firebase, or with a column salt in --map.',
    )
  }
  const withParameters =
    firebaseParameters === undefined ? undefined : await readFirebaseParameters(firebaseParameters)
  const layout = { mapping, map, role, withoutPasswords, passwordsFrom, plaintextPasswords, withParameters }
  if (mapping !== undefined) rejectColumns([...mapping.keys()], layout, 'The map')
  return layout
}

/** A program that gives no hashes gives no column of hashes either. */
function mappingIn({ from, map, passwordsFrom, firebaseParameters }: LayoutOptions): Mapping | undefined {
  const mapping = mappingOf(from, map)
  if (mapping === undefined || passwordsFrom === undefined || firebaseParameters !== undefined) return mapping
  const isLeft = (column: string) => !['passwordHash', 'salt'].includes(column) || map?.has(column)
  return new Map([...mapping].filter(([column]) => isLeft(column)))
}

/**
 * Rejects columns from which no user can be made, and passwords that the operator did not announce: most programs call the
 * column of their hashes `password`.
 *
 * @param what - What has the columns, as the beginning of a sentence.
 * @throws {@link Refusal} `usage`
 */
export function rejectColumns(columns: readonly string[], layout: Layout, what: string): void {
  const hasRole = columns.includes('role') || layout.role !== undefined
  const hasSecret =
    columns.includes('password') || columns.includes('passwordHash') || layout.withoutPasswords
  if (!columns.includes('username') || !hasRole || !hasSecret) {
    throw new Refusal(
      'usage',
      `${what} needs username, role, and password or passwordHash. In their place use --role and --without-passwords.`,
    )
  }
  if (layout.passwordsFrom !== undefined && !columns.includes('externalId')) {
    throw new Refusal(
      'usage',
      `${what} needs externalId, the id that the old place gives: --map externalId=COLUMN.`,
    )
  }
  if (columns.includes('password') && !layout.plaintextPasswords) {
    throw new Refusal('usage', `${what} has the column password. ${PLAINTEXT}`)
  }
}

/** What to do with values of the column `password`. */
export const PLAINTEXT =
  'For hashes use passwordHash, such as --map passwordHash=password. For passwords as users type them, add --plaintext-passwords.'

/** Returns the values of a line under the columns of this service, with what the options add. */
export function completeValues(layout: Layout, values: Record<string, unknown>): Record<string, unknown> {
  const { mapping, role, withoutPasswords, withParameters } = layout
  const mapped = mapping === undefined ? values : mapValues(mapping, values)
  const { passwordHash, ...rest } = withParameters === undefined ? mapped : withParameters(mapped)
  const hash = isUsable(passwordHash) ? passwordHash : undefined
  const secret = hash ?? (withoutPasswords && rest.password === undefined ? DECOY_HASH : undefined)
  return {
    ...(role !== undefined && { role }),
    ...rest,
    ...(secret !== undefined && { passwordHash: secret }),
  }
}

/** Django and others mark a user without a password by an exclamation mark. */
const isUsable = (hash: unknown) => typeof hash !== 'string' || !hash.startsWith('!')
