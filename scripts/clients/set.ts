import { isDeepStrictEqual } from 'node:util'
import { type ClientWithSecrets, changeClient } from '../../lib/oauth/clients/store.ts'
import { scopeIn } from '../../lib/oauth/scopes.ts'
import { didYouMean } from '../../project/did-you-mean.ts'
import type { OperatorTable, Subcommand } from '../cli/operator.ts'
import { Refusal } from '../cli/refusal.ts'
import { type LifetimeOptions, lifetimesIn, withLifetimes } from './add.ts'
import { ofClient, several } from './input.ts'
import { changeExistingClient } from './store.ts'
import { entriesOf, requireFittingValues } from './values.ts'
import { type GivenName, nameOption, namesAfter } from './words.ts'

/** Values of a client to change. */
export interface SetOptions extends LifetimeOptions {
  name?: GivenName
  addRedirectUri: string[]
  removeRedirectUri: string[]
  addPostLogoutUri: string[]
  removePostLogoutUri: string[]
  addScope: string[]
  removeScope: string[]
  firstParty?: boolean
  silent?: boolean
  dev?: boolean
}

/** Changes values of a client. Its type stays: another one is another client. */
export async function set(table: OperatorTable, id: string, options: SetOptions): Promise<string> {
  let changed: string[] = []
  await changeExistingClient(table, id, async (client) => {
    const changes = await changesOf(table, client, options)
    changed = Object.keys(changes)
    if (changed.length === 0) return 'done'
    requireFittingValues({ ...client, ...changes })
    return await changeClient(table, client, { changes }, table.act())
  })
  return changed.length === 0 ? `Client ${id} has these values already.\n` : `Changed client ${id}.\n`
}

/** Returns the values that differ from those of a client. */
async function changesOf(
  table: OperatorTable,
  client: ClientWithSecrets,
  options: SetOptions,
): Promise<Partial<ClientWithSecrets>> {
  const { name, firstParty, silent, dev: local } = options
  const values = {
    name: name?.name,
    names: name?.others.length ? namesAfter(client.names, name.others) : undefined,
    firstParty,
    silent,
    local,
    redirectUris: listAfter(client.redirectUris, options.addRedirectUri, options.removeRedirectUri),
    postLogoutRedirectUris: listAfter(
      client.postLogoutRedirectUris,
      options.addPostLogoutUri,
      options.removePostLogoutUri,
    ),
    scopes: listAfter(
      client.scopes,
      await entriesOf(table, client, options.addScope),
      options.removeScope.flatMap((scope) => entriesIn(client, scope)),
    ),
  }
  const given = Object.entries(values).filter(([, value]) => value !== undefined)
  return Object.fromEntries(
    [...given, ...Object.entries(lifetimesIn(options))].filter(
      ([key, value]) => !isDeepStrictEqual(client[key as keyof typeof client], value),
    ),
  )
}

/** Returns a list after a change. A set of DynamoDB has no order. */
function listAfter(
  before: readonly string[],
  added: readonly string[],
  removed: readonly string[],
): string[] {
  const unknown = removed.find((value) => !before.includes(value))
  if (unknown !== undefined) {
    throw new Refusal('refused', `The client does not have ${unknown}.${didYouMean(unknown, before)}`)
  }
  const kept = before.filter((value) => !removed.includes(value))
  return [...new Set([...kept, ...added])]
}

/** Returns what a client stores of a scope, also of one that its API gave up. */
function entriesIn({ scopes }: ClientWithSecrets, name: string): string[] {
  const found = scopes.filter((one) => scopeIn(one).scope === name)
  if (found.length > 0) return found
  const names = scopes.map((one) => scopeIn(one).scope)
  throw new Refusal('refused', `The client does not have the scope ${name}.${didYouMean(name, names)}`)
}

/** `npm run clients -- set` */
export const setCommand: Subcommand = (program) => {
  const changed = ofClient(program, 'set', 'changes values of a client')
    .addOption(nameOption('as users see it'))
    .addOption(several('--add-redirect-uri <uri>', 'where codes may go, too'))
    .addOption(several('--remove-redirect-uri <uri>', 'where codes may not go any longer'))
    .addOption(several('--add-post-logout-uri <uri>', 'where a sign-out may lead, too'))
    .addOption(several('--remove-post-logout-uri <uri>', 'where a sign-out may not lead any longer'))
    .addOption(several('--add-scope <name>', 'what it may ask for, too'))
    .addOption(several('--remove-scope <name>', 'what it may not ask for any longer'))
    .option('--first-party', 'of type web, users are asked for offline_access only')
    .option('--no-first-party', 'users are asked for consent')
    .option('--silent', 'of type browser: users who gave consent see no screen, but at loopback addresses')
    .option('--no-silent', 'users always see a screen')
    .option('--dev', 'loopback addresses may be redirect URIs')
    .option('--no-dev', 'only native clients may have loopback addresses')
  withLifetimes(changed).action(async (id: string, options: SetOptions) => {
    if (!isChange(options)) throw new Refusal('usage', 'Nothing to change. Use an option of set --help.')
    program.print(await set(await program.operator('set'), id, options))
  })
}

const isChange = (options: SetOptions): boolean =>
  Object.values(options).some((value) => (Array.isArray(value) ? value.length > 0 : value !== undefined))
