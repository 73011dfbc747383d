import type { Table } from '../../lib/aws/dynamodb.ts'
import { findProviders, type Provider } from '../../lib/federation/provider.ts'
import { type Io, widthOf } from '../cli/io.ts'
import { jsonOption, type Subcommand } from '../cli/operator.ts'
import { asJson, dateOf, list as entries, printable, table as tableOf } from '../cli/terminal/table.ts'
import { ofProvider } from './input.ts'
import { findRedirectUri } from './redirect-uri.ts'
import { findExistingProvider } from './store.ts'

/** How a command prints what it reads. */
interface ReadOptions {
  json?: boolean
}

/** What operators see of a provider: all but its secret and what changes depend on. */
function shownOf(provider: Provider): Omit<Provider, 'changeId'> {
  const { changeId, secret, ...shown } = { secret: '', ...provider }
  return {
    ...shown,
    algorithms: shown.algorithms.toSorted(),
    mailDomains: shown.mailDomains.toSorted(),
  }
}

const stateOf = ({ disabled }: Pick<Provider, 'disabled'>) => (disabled ? 'disabled' : 'enabled')

/** Formats all providers. */
async function list(table: Table, { json }: ReadOptions, { stdout }: Pick<Io, 'stdout'>): Promise<string> {
  const providers = (await findProviders(table)).map(shownOf)
  if (json) return asJson(providers)
  if (providers.length === 0) return 'No providers.\n'
  const rows = providers.map((one) => [
    one.id,
    one.kind,
    stateOf(one),
    dateOf(one.createdAt),
    printable(one.name),
  ])
  const count = `${rows.length} ${rows.length === 1 ? 'provider' : 'providers'}.\n`
  return tableOf(['id', 'kind', 'state', 'created', 'name'], rows, widthOf(stdout)) + count
}

/** Formats one provider, one line for each value. */
function shown(provider: Omit<Provider, 'changeId'>, redirectUri: string, width: number): string {
  const optional = (name: string, value: string | undefined): [string, string][] =>
    value ? [[name, value]] : []
  const rows: [string, string][] = [
    ['id', provider.id],
    ['name', printable(provider.name)],
    ['kind', provider.kind],
    ['state', stateOf(provider)],
    ['issuer', provider.issuer],
    ['client id', provider.clientId],
    ['redirect URI', redirectUri],
    ['authorization', provider.authorizationEndpoint],
    ['token', `${provider.tokenEndpoint}, ${provider.clientAuthentication}`],
    ...optional('keys', provider.jwksUri),
    ...optional('algorithms', provider.algorithms.join(' ')),
    ['scope', provider.scope],
    ...optional('mail domains', provider.mailDomains.join(' ')),
    ...optional('team', provider.appleTeamId),
    ...optional('key', provider.appleKeyId),
    ['created', provider.createdAt],
    ['changed', provider.changedAt],
  ]
  return entries(rows, width)
}

/** `npm run providers -- list` */
export const listCommand: Subcommand = ({ command: providers, table, print, io }) => {
  providers
    .command('list')
    .description('lists all providers')
    .addOption(jsonOption())
    .action(async (options: ReadOptions) => print(await list(await table(), options, io)))
}

/** `npm run providers -- show` */
export const showCommand: Subcommand = (program) => {
  const { options: target, io } = program
  ofProvider(program, 'show', 'shows a provider, without its secret')
    .addOption(jsonOption())
    .action(async (id: string, { json }: ReadOptions) => {
      const provider = shownOf(await findExistingProvider(await program.table(), id))
      const redirectUri = await findRedirectUri(target(), io.env, id)
      program.print(
        json ? asJson({ ...provider, redirectUri }) : shown(provider, redirectUri, widthOf(io.stdout)),
      )
    })
}
