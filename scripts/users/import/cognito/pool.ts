import { Option } from 'commander'
import { isRole, ROLES, type Role } from '../../../../lib/application/roles.ts'
import type { Table } from '../../../../lib/aws/dynamodb.ts'
import { findProvider, findProviders, type Provider } from '../../../../lib/federation/provider.ts'
import { didYouMean } from '../../../../project/did-you-mean.ts'
import type { Io } from '../../../cli/io.ts'
import { Refusal } from '../../../cli/refusal.ts'
import type { LayoutOptions } from '../layout.ts'
import { readPoolFile } from './pool-file.ts'

type Pair = readonly [name: string, value: string]

/** Options that say what the groups and providers of a pool are here. */
export interface PoolOptions {
  group?: Pair[]
  roleOf?: Pair[]
  providerOf?: Pair[]
}

/** What the groups and providers of a pool are here. */
export interface Pool {
  /** Usernames of each group that has a role, in the order of `--role-of`. */
  groups: readonly { name: string; role: Role; usernames: ReadonlySet<string>; isPart: boolean }[]
  /** Providers of this service, by the names that they have in the pool. */
  providers: ReadonlyMap<string, Provider>
}

const OPTIONS = {
  group: ['<group=file>', 'what list-users-in-group printed of a group'],
  'role-of': ['<group=role>', 'role of the users of a group; the first one given counts'],
  'provider-of': ['<name=id>', 'provider of this stage for the identities of one of the pool'],
} as const

/**
 * Whether an import reads what the command line of AWS prints of a pool.
 *
 * @throws {@link Refusal} `usage`, if the options contradict it.
 */
export function isPoolFile(
  file: string,
  options: PoolOptions & LayoutOptions & { format?: string },
): boolean {
  const { from, format, passwordsFrom } = options
  const isFromPool = passwordsFrom === 'cognito'
  const isPool = from === 'cognito' && format === undefined && (isFromPool || /\.json$/i.test(file))
  if (isFromPool && !isPool) {
    throw new Refusal('usage', 'Use --passwords-from cognito with --from cognito, and without --format.')
  }
  const given = (['group', 'roleOf', 'providerOf'] as const).some((name) => options[name] !== undefined)
  if (given && !isPool) {
    throw new Refusal('usage', 'Use --group, --role-of and --provider-of with JSON of aws cognito-idp.')
  }
  return isPool
}

/** Returns the options of an import from a pool, which may be repeated. */
export const poolOptions = (): Option[] =>
  Object.entries(OPTIONS).map(([name, [value, description]]) =>
    new Option(`--${name} ${value}`, `with --from cognito: ${description}; may be repeated`).argParser(
      (given: string, earlier: Pair[] = []) => [...earlier, readPair(name, value, given)],
    ),
  )

function readPair(name: string, value: string, given: string): Pair {
  const [left = '', right = ''] = given.split(/=(.*)/s, 2)
  if (left !== '' && right !== '') return [left, right]
  throw new Refusal('usage', `Invalid --${name}. Use ${value.slice(1, -1).toUpperCase()}.`)
}

/**
 * Reads the groups and providers that an import from a pool names.
 *
 * @throws {@link Refusal} `usage`, before a user is added, if one has no counterpart here.
 */
export async function openPool(table: Table, options: PoolOptions, io: Pick<Io, 'stdin'>): Promise<Pool> {
  const { group = [], roleOf = [], providerOf = [] } = options
  const roles = new Map(roleOf.map(([name, role]) => [name, readRole(role)] as const))
  const files = new Map(group)
  for (const name of files.keys()) {
    if (!roles.has(name)) throw new Refusal('usage', `Group ${name} has no role. Add --role-of ${name}=ROLE.`)
  }
  const groups: Pool['groups'][number][] = []
  for (const [name, role] of roles) {
    const file = files.get(name)
    if (file === undefined) {
      throw new Refusal('usage', `Group ${name} has no users. Add --group ${name}=FILE.`)
    }
    const { users, isPart } = await readPoolFile(file, io)
    groups.push({ name, role, isPart, usernames: new Set(users.map(({ user }) => user.Username)) })
  }
  const providers = new Map<string, Provider>()
  for (const [name, id] of providerOf) providers.set(name, await providerOfId(table, id))
  return { groups, providers }
}

function readRole(given: string): Role {
  if (isRole(given)) return given
  throw new Refusal('usage', `Invalid --role-of. Use one of ${ROLES.join(', ')}.${didYouMean(given, ROLES)}`)
}

/** Of a tenant of Microsoft, Cognito has `sub`, which belongs to its client. This service compares `oid`. */
async function providerOfId(table: Table, id: string): Promise<Provider> {
  const provider = await findProvider(table, id)
  if (provider === undefined) {
    const ids = (await findProviders(table)).map((one) => one.id)
    throw new Refusal('usage', `Provider ${id} does not exist.${didYouMean(id, ids)}`)
  }
  if (provider.kind !== 'entra') return provider
  throw new Refusal('usage', `Identities of provider ${id} cannot move: Cognito has other ids of its users.`)
}
