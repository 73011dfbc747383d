import type { Table } from '../../lib/aws/dynamodb.ts'
import { type Api, linesOf } from '../../lib/oauth/apis/api.ts'
import { findApis } from '../../lib/oauth/apis/store.ts'
import { byLanguage } from '../../lib/oauth/by-language.ts'
import type { Client } from '../../lib/oauth/clients/client.ts'
import { hasEarlierSecret } from '../../lib/oauth/clients/secret.ts'
import type { ClientWithSecrets } from '../../lib/oauth/clients/store.ts'
import { isClientUrl, type UrlClient } from '../../lib/oauth/clients/url-client.ts'
import { identifiersOf, scopeIn, scopesOf } from '../../lib/oauth/scopes.ts'
import { GRANT_IDLE_TTL_SECONDS, GRANT_TTL_SECONDS } from '../../lib/sessions/grant-lifetimes.ts'
import { isoOf } from '../../lib/time.ts'
import { allApis, allClients, allDecisions } from '../cli/directory.ts'
import { type Io, widthOf } from '../cli/io.ts'
import { jsonOption, type Subcommand } from '../cli/operator.ts'
import {
  asJson,
  dateOf,
  list as entries,
  minuteOf,
  printable,
  table as tableOf,
} from '../cli/terminal/table.ts'
import { type AnyClientId, ofAnyClient, ofApi } from './input.ts'
import { findExistingApi, findExistingClient } from './store.ts'
import { findDecision } from './urls.ts'

/** How a command prints what it reads. */
interface ReadOptions {
  json?: boolean
}

/** What operators see of a client: everything but the hashes of its secrets and what its grants depend on. */
function shownOf(client: ClientWithSecrets, now: Date) {
  const { secretHash, earlierSecretHash, earlierSecretEndsAt, generation, changeId, ...shown } = client
  const hasTwo = hasEarlierSecret(client, now)
  return {
    ...shown,
    redirectUris: client.redirectUris.toSorted(),
    postLogoutRedirectUris: client.postLogoutRedirectUris.toSorted(),
    scopes: client.scopes.toSorted(),
    names: byLanguage(client.names),
    secrets: (secretHash === undefined ? 0 : 1) + (hasTwo ? 1 : 0),
    ...(hasTwo && { earlierSecretEndsAt: isoOf(earlierSecretEndsAt ?? 0) }),
  }
}

const stateOf = ({ disabled }: Pick<Client, 'disabled'>) => (disabled ? 'disabled' : 'enabled')

/** Formats all clients. */
async function list(table: Table, { json }: ReadOptions, { stdout, now }: Io): Promise<string> {
  const registered = (await allClients(table)).map((client) => shownOf(client, now()))
  const urls = (await allDecisions(table)).map(shownUrl)
  if (json) return asJson([...registered, ...urls])
  if (registered.length + urls.length === 0) return 'No clients.\n'
  const rows = [...registered, ...urls].map((client) => [
    client.id,
    client.type,
    stateOf(client),
    dateOf(client.createdAt),
    printable('name' in client ? String(client.name) : ''),
  ])
  const count = `${rows.length} ${rows.length === 1 ? 'client' : 'clients'}.\n`
  return tableOf(['client_id', 'type', 'state', 'created', 'name'], rows, widthOf(stdout)) + count
}

/** What operators see of a decision about a URL or a host. */
const shownUrl = ({ target, disabled, createdAt, changedAt }: UrlClient) => ({
  id: target,
  type: isClientUrl(target) ? 'url' : 'host',
  disabled,
  createdAt,
  changedAt,
})

/** Formats what operators have decided about a URL or a host. Without a decision, it is enabled. */
async function showUrl(
  table: Table,
  target: string,
  { json }: ReadOptions,
  { stdout }: Pick<Io, 'stdout'>,
): Promise<string> {
  const found = await findDecision(table, target)
  const none = { target, generation: 0, disabled: false, changeId: '', createdAt: '', changedAt: '' }
  const { changedAt, ...url } = shownUrl(found ?? none)
  if (json) return asJson({ ...url, changedAt })
  const rows: [string, string][] = [
    [isClientUrl(target) ? 'client_id' : 'host', url.id],
    ['type', url.type],
    ['state', stateOf(url)],
    ['changed', changedAt || 'never'],
  ]
  return entries(rows, widthOf(stdout))
}

/** Formats one client, one line for each value. */
async function show(table: Table, id: string, { json }: ReadOptions, { stdout, now }: Io): Promise<string> {
  const found = await findExistingClient(table, id)
  const client = shownOf(found, now())
  if (json) return asJson(client)
  const apis = await findApis(table, identifiersOf(found))
  const rows: [string, string][] = [
    ['client_id', client.id],
    ['name', printable(client.name)],
    ...Object.entries(client.names).map(([tag, name]): [string, string] => [`name#${tag}`, printable(name)]),
    ['type', client.type],
    ['state', stateOf(client)],
    ...client.redirectUris.map((uri): [string, string] => ['redirect', uri]),
    ...client.postLogoutRedirectUris.map((uri): [string, string] => ['logout', uri]),
    ...client.scopes.map((entry): [string, string] => ['scope', shownScope(found, entry, apis)]),
    ...(client.type === 'machine' ? [] : [['consent', consentOf(client)] satisfies [string, string]]),
    ...(client.local ? [['loopback', 'allowed, for development'] satisfies [string, string]] : []),
    ...(client.secrets > 0 ? [['secrets', secretsOf(client)] satisfies [string, string]] : []),
    ['tokens', shownSeconds(client.tokenTtlSeconds, 'as long as those of the application')],
    ...(found.scopes.includes('offline_access')
      ? [['offline', offlineOf(client)] satisfies [string, string]]
      : []),
    ['created', client.createdAt],
    ['changed', client.changedAt],
  ]
  return entries(rows, widthOf(stdout))
}

function shownScope(client: Client, entry: string, apis: readonly Api[]): string {
  const { identifier, scope } = scopeIn(entry)
  if (identifier === undefined) return scope
  const isCurrent = scopesOf(client, apis).get(scope)?.identifier === identifier
  return `${scope} of ${identifier}${isCurrent ? '' : ', which does not have it any longer'}`
}

const consentOf = ({ firstParty, silent }: Pick<Client, 'firstParty' | 'silent'>): string =>
  (firstParty ? 'first-party' : 'asked of each user') + (silent ? ', silent' : '')

const secretsOf = ({ secrets, earlierSecretEndsAt = '' }: ReturnType<typeof shownOf>): string =>
  secrets === 1 ? '1' : `2, the earlier one until ${minuteOf(earlierSecretEndsAt)} UTC`

const offlineOf = ({ grantTtlSeconds, grantIdleTtlSeconds }: Client | ReturnType<typeof shownOf>): string =>
  `${grantTtlSeconds ?? GRANT_TTL_SECONDS} s at most, ${grantIdleTtlSeconds ?? GRANT_IDLE_TTL_SECONDS} s without use`

const shownSeconds = (seconds: number | undefined, otherwise: string) =>
  seconds === undefined ? otherwise : `${seconds} s`

/** What operators see of an API. */
const shownApi = ({ changeId, ...shown }: Api) => shown

/** Formats all APIs. */
async function listApis(table: Table, { json }: ReadOptions, { stdout }: Io): Promise<string> {
  const apis = (await allApis(table)).map(shownApi)
  if (json) return asJson(apis)
  if (apis.length === 0) return 'No APIs.\n'
  const rows = apis.map((api) => [
    api.identifier,
    String(api.scopes.length),
    dateOf(api.createdAt),
    printable(api.name),
  ])
  const count = `${rows.length} ${rows.length === 1 ? 'API' : 'APIs'}.\n`
  return tableOf(['identifier', 'scopes', 'created', 'name'], rows, widthOf(stdout)) + count
}

/** Formats one API, one line for each value. */
async function showApi(
  table: Table,
  identifier: string,
  { json }: ReadOptions,
  { stdout }: Io,
): Promise<string> {
  const api = shownApi(await findExistingApi(table, identifier))
  if (json) return asJson(api)
  const rows: [string, string][] = [
    ['identifier', api.identifier],
    ['name', printable(api.name)],
    ...api.scopes
      .flatMap(linesOf)
      .map((line): [string, string] => ['scope', printable(line.replace(' ', ': '))]),
    ['clients', api.urlClients ? 'registered ones, and all that are URLs' : 'registered ones'],
    ['created', api.createdAt],
    ['changed', api.changedAt],
  ]
  return entries(rows, widthOf(stdout))
}

/** `npm run clients -- list` */
export const listCommand: Subcommand = ({ command: clients, table, print, io }) => {
  clients
    .command('list')
    .description('lists all clients')
    .addOption(jsonOption())
    .action(async (options: ReadOptions) => print(await list(await table(), options, io)))
}

/** `npm run clients -- show` */
export const showCommand: Subcommand = (program) => {
  ofAnyClient(program, 'show', 'shows a client, without its secrets')
    .addOption(jsonOption())
    .action(async (which: AnyClientId, options: ReadOptions) => {
      const { print, io } = program
      const found = await program.table()
      const isRegistered = 'id' in which
      print(
        await (isRegistered ? show(found, which.id, options, io) : showUrl(found, which.target, options, io)),
      )
    })
}

/** `npm run clients -- list-apis` */
export const listApisCommand: Subcommand = ({ command: clients, table, print, io }) => {
  clients
    .command('list-apis')
    .description('lists all APIs')
    .addOption(jsonOption())
    .action(async (options: ReadOptions) => print(await listApis(await table(), options, io)))
}

/** `npm run clients -- show-api` */
export const showApiCommand: Subcommand = (program) => {
  ofApi(program, 'show-api', 'shows an API')
    .addOption(jsonOption())
    .action(async (identifier: string, options: ReadOptions) =>
      program.print(await showApi(await program.table(), identifier, options, program.io)),
    )
}
