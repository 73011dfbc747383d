import { randomBytes } from 'node:crypto'
import { type Command, Option } from 'commander'
import {
  CLIENT_RANDOM_BYTES,
  CLIENT_TYPES,
  type Client,
  type ClientType,
  hasSecret,
  newClient,
} from '../../lib/oauth/clients/client.ts'
import { SECRET_BYTES, secretOf, withNewSecret } from '../../lib/oauth/clients/secret.ts'
import { createClient, findClient } from '../../lib/oauth/clients/store.ts'
import { standardScopesOf } from '../../lib/oauth/scopes.ts'
import { GRANT_TTL_SECONDS } from '../../lib/sessions/grant-lifetimes.ts'
import type { Io } from '../cli/io.ts'
import { jsonOption, type OperatorTable, type Subcommand } from '../cli/operator.ts'
import { Refusal } from '../cli/refusal.ts'
import { asJson } from '../cli/terminal/table.ts'
import { ofClient, secondsReader, several } from './input.ts'
import { isTaken, takenIdentifiers } from './known.ts'
import { lostScope } from './store.ts'
import { entriesOf, requireFittingValues } from './values.ts'
import { type GivenName, nameOption, namesAfter } from './words.ts'

/** Lifetimes on the command line, in seconds. 0 removes the client's own. */
export interface LifetimeOptions {
  tokenTtl?: number
  grantTtl?: number
  grantIdleTtl?: number
}

/** Values of a new client on the command line. */
export interface AddOptions extends LifetimeOptions {
  type: ClientType
  name?: GivenName
  redirectUri: string[]
  postLogoutUri: string[]
  scope: string[]
  firstParty?: boolean
  silent?: boolean
  dev?: boolean
  json?: boolean
}

/** Returns the lifetimes of a client that options change. */
export const lifetimesIn = ({ tokenTtl, grantTtl, grantIdleTtl }: LifetimeOptions) => ({
  ...(tokenTtl !== undefined && { tokenTtlSeconds: tokenTtl || undefined }),
  ...(grantTtl !== undefined && { grantTtlSeconds: grantTtl || undefined }),
  ...(grantIdleTtl !== undefined && { grantIdleTtlSeconds: grantIdleTtl || undefined }),
})

/** Scopes of a client that names none. */
const DEFAULT_SCOPES = ['openid', 'profile', 'email']

/**
 * Adds a client. Its secret is printed, and stored as a hash only.
 *
 * @param options - With `dev` also of every client of the local service.
 * @param taken - Issuer and audience of the application's own tokens.
 */
export async function add(
  table: OperatorTable,
  id: string,
  options: AddOptions,
  taken: readonly string[],
  { now, stdout, stderr }: Pick<Io, 'now' | 'stdout' | 'stderr'>,
): Promise<void> {
  if (isTaken(id, taken)) throw new Refusal('refused', `${id} is the audience of this stage. Use another id.`)
  if (await findClient(table, id)) throw alreadyExists(id)
  const client = newClient(await valuesIn(table, id, options), now(), randomBytes(CLIENT_RANDOM_BYTES))
  requireFittingValues(client)
  const secret = hasSecret(client) ? secretOf(randomBytes(SECRET_BYTES)) : undefined
  const secrets = secret === undefined ? {} : withNewSecret({}, secret, { isImmediate: true, now: now() })
  const outcome = await createClient(table, { ...client, ...secrets }, table.act())
  if (outcome === 'changed') throw alreadyExists(id)
  if (outcome === 'no-scope') throw lostScope()
  print(`Added client ${id} with type ${client.type}.\n`, { id, secret }, options, { stdout, stderr })
}

async function valuesIn(table: OperatorTable, id: string, options: AddOptions) {
  const { type, name: { name = id, others } = { others: [] }, redirectUri, postLogoutUri, scope } = options
  const standard = standardScopesOf(type).filter((one) => DEFAULT_SCOPES.includes(one))
  const values: Pick<Client, 'id' | 'type' | 'name'> & Partial<Client> = {
    id,
    type,
    name,
    names: namesAfter([], others),
    redirectUris: [...new Set(redirectUri)],
    postLogoutRedirectUris: [...new Set(postLogoutUri)],
    scopes: scope.length === 0 ? [...standard] : await entriesOf(table, { type }, scope),
    firstParty: options.firstParty ?? false,
    silent: options.silent ?? false,
    local: options.dev ?? false,
    ...lifetimesIn(options),
  }
  return values
}

const alreadyExists = (id: string) =>
  new Refusal('refused', `Client ${id} already exists. If its secret is lost, use new-secret.`)

/** Prints a secret, for the only time. */
export function print(
  done: string,
  { id, secret }: { id: string; secret: string | undefined },
  { json }: { json?: boolean },
  { stdout, stderr }: Pick<Io, 'stdout' | 'stderr'>,
): void {
  if (json) stdout.write(asJson({ client_id: id, client_secret: secret }))
  else stdout.write(`${done}${secret === undefined ? '' : `client_secret  ${secret}\n`}`)
  if (secret !== undefined) stderr.write('Store the secret now. It is not shown again.\n')
}

const MAX_TOKEN_SECONDS = 86_400

/** Adds the options of {@link LifetimeOptions}. */
export const withLifetimes = (command: Command): Command =>
  command
    .option(
      '--token-ttl <seconds>',
      'how long its access tokens are valid; default is that of the application',
      secondsReader('--token-ttl', MAX_TOKEN_SECONDS),
    )
    .option(
      '--grant-ttl <seconds>',
      'when a grant with offline_access ends; default is 365 days',
      secondsReader('--grant-ttl', GRANT_TTL_SECONDS),
    )
    .option(
      '--grant-idle-ttl <seconds>',
      'the same, without use; default is 30 days',
      secondsReader('--grant-idle-ttl', GRANT_TTL_SECONDS),
    )

/** `npm run clients -- add` */
export const addCommand: Subcommand = (program) => {
  const { options: target, io } = program
  const added = ofClient(program, 'add', 'adds a client, and prints its secret, which is not shown again')
    .addOption(new Option('--type <type>', 'what it is').choices(CLIENT_TYPES).makeOptionMandatory())
    .addOption(nameOption('as users see it, if not its id'))
    .addOption(several('--redirect-uri <uri>', 'where codes may go'))
    .addOption(several('--post-logout-uri <uri>', 'where a sign-out may lead'))
    .addOption(several('--scope <name>', 'what it may ask for, instead of openid, profile and email'))
    .option('--first-party', 'it is your own: of type web, users are asked for offline_access only')
    .option('--silent', 'of type browser: users who gave consent see no screen, but at loopback addresses')
    .option('--dev', 'loopback addresses may be redirect URIs; always with --local')
    .addOption(jsonOption())
  withLifetimes(added).action(async (id: string, options: AddOptions) => {
    const found = await program.operator('add')
    const taken = await takenIdentifiers(target(), io.env, found.name)
    const dev = options.dev === true || target().local === true
    await add(found, id, { ...options, dev }, taken, io)
  })
}
