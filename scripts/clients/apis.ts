import { randomUUID } from 'node:crypto'
import { ServiceError } from '../../lib/errors.ts'
import { type Api, type ApiScope, isLoopbackApi } from '../../lib/oauth/apis/api.ts'
import {
  type ApiOutcome,
  changeApi,
  createApi,
  findApis,
  findOwners,
  removeApi,
} from '../../lib/oauth/apis/store.ts'
import { entryOf } from '../../lib/oauth/scopes.ts'
import { didYouMean } from '../../project/did-you-mean.ts'
import { allClients } from '../cli/directory.ts'
import type { Io } from '../cli/io.ts'
import type { OperatorTable, Subcommand } from '../cli/operator.ts'
import { Refusal } from '../cli/refusal.ts'
import { confirmOrRefuse } from '../cli/terminal/prompts.ts'
import { ofApi, several } from './input.ts'
import { isOfActs, isTaken, takenIdentifiers } from './known.ts'
import { findExistingApi } from './store.ts'
import { type GivenScope, readApiScope, readName, readScopeName, scopesAfter } from './words.ts'

/** A transaction takes 100 items. A change may free all names and claim as many others. */
const MAX_SCOPES = 40

/** How many times a change is attempted when concurrent changes precede it. */
const MAX_ATTEMPTS = 5

/** Values of a new API on the command line. */
interface AddApiOptions {
  name?: string
  scope: GivenScope[]
  dev?: boolean
  urlClients?: boolean
}

/**
 * Adds an API.
 *
 * @param options - With `dev` also of every API of the local service.
 * @param taken - Issuer and audience of the application's own tokens.
 */
export async function addApi(
  table: OperatorTable,
  identifier: string,
  { name = identifier, scope: given, dev = false, urlClients }: AddApiOptions,
  taken: readonly string[],
  { now }: Pick<Io, 'now'>,
): Promise<string> {
  if (isTaken(identifier, taken)) {
    throw new Refusal(
      'refused',
      isOfActs(identifier, taken)
        ? `${identifier} must be another one. This identifier is that of act-as tokens.`
        : `${identifier} is the issuer or the audience of this stage. Tokens of the application would be valid for this API.`,
    )
  }
  if (isLoopbackApi(identifier) && !dev) {
    throw new Refusal('usage', 'Identifiers with http are loopback addresses, for development: use --dev.')
  }
  const [existing] = await findApis(table, [identifier])
  if (existing !== undefined) throw apiExists(existing.identifier)
  if (given.length === 0) throw new Refusal('usage', "An API needs a --scope 'orders:read=See your orders'.")
  const scopes = scopesAfter([], given)
  requireFew(scopes)
  const at = now().toISOString()
  const api = { identifier, name, scopes, urlClients, changeId: randomUUID(), createdAt: at, changedAt: at }
  const outcome = await createApi(table, api, table.act())
  if (outcome === 'changed') throw apiExists(identifier)
  if (outcome === 'taken') throw await scopeTaken(table, scopes, identifier)
  return `Added API ${identifier} with ${shownCount(scopes)}.\n`
}

const shownCount = ({ length }: readonly unknown[]) => `${length} ${length === 1 ? 'scope' : 'scopes'}`

const apiExists = (identifier: string) =>
  new Refusal('refused', `API ${identifier} already exists. Change it with set-api.`)

function requireFew({ length }: readonly ApiScope[]): void {
  if (length > MAX_SCOPES) throw new Refusal('usage', `An API has at most ${MAX_SCOPES} scopes.`)
}

/** Returns the error for scopes of which another API has one. */
async function scopeTaken(table: OperatorTable, scopes: readonly ApiScope[], own: string): Promise<Refusal> {
  const owners = await findOwners(
    table,
    scopes.map(({ name }) => name),
  )
  const [name, owner] = [...owners].find(([, one]) => one !== undefined && one !== own) ?? []
  return new Refusal(
    'refused',
    name === undefined
      ? 'Another API had one of the scopes. Try again.'
      : `Scope ${name} belongs to ${owner}. A name belongs to one API.`,
  )
}

/** Values of an API to change. */
interface SetApiOptions {
  name?: string
  /** Scopes to add, or to give other sentences. */
  scope: GivenScope[]
  removeScope: string[]
  urlClients?: boolean
}

/** Changes name and scopes of an API. A scope that clients have cannot be removed. */
export async function setApi(
  table: OperatorTable,
  identifier: string,
  options: SetApiOptions,
): Promise<string> {
  const { name, scope: added, removeScope, urlClients } = options
  if ([name, urlClients, added[0], removeScope[0]].every((one) => one === undefined)) {
    throw new Refusal('usage', 'Nothing to change. Use an option of set-api --help.')
  }
  await changeExistingApi(table, identifier, async (api) => {
    const names = api.scopes.map((one) => one.name)
    const unknown = removeScope.find((one) => !names.includes(one))
    if (unknown !== undefined) {
      throw new Refusal('refused', `The API does not have the scope ${unknown}.${didYouMean(unknown, names)}`)
    }
    await requireUnused(table, api, removeScope)
    const kept = api.scopes.filter((one) => !removeScope.includes(one.name))
    const scopes = scopesAfter(kept, added)
    if (scopes.length === 0) throw new Refusal('usage', 'An API needs a --scope.')
    requireFew(scopes)
    const isScoped = added.length > 0 || removeScope.length > 0
    const changes = {
      ...(name !== undefined && { name }),
      ...(isScoped && { scopes }),
      ...(urlClients !== undefined && { urlClients }),
    }
    const outcome = await changeApi(table, api, changes, table.act())
    if (outcome === 'taken') throw await scopeTaken(table, scopes, api.identifier)
    return outcome
  })
  return `Changed API ${identifier}.\n`
}

/** Removes an API, if no client has a scope of it. */
export async function removeExistingApi(
  table: OperatorTable,
  identifier: string,
  yes: boolean,
  io: Io,
): Promise<string> {
  const found = await findExistingApi(table, identifier)
  if (!yes) await confirmOrRefuse(`Remove API ${found.identifier}? This cannot be undone.`, io)
  await changeExistingApi(table, identifier, async (api) => {
    await requireUnused(
      table,
      api,
      api.scopes.map(({ name }) => name),
    )
    return await removeApi(table, api, table.act())
  })
  return `Removed API ${found.identifier}.\n`
}

/**
 * Refuses to take scopes away that clients have. A client that gets one right after this read keeps an entry that counts for nothing,
 * unless the API has the scope again.
 */
async function requireUnused(table: OperatorTable, api: Api, scopes: readonly string[]): Promise<void> {
  if (scopes.length === 0) return
  const entries = scopes.map((scope) => entryOf(api, scope))
  const clients = await allClients(table)
  const users = clients.filter((client) => client.scopes.some((entry) => entries.includes(entry)))
  if (users.length === 0) return
  throw new Refusal(
    'refused',
    `These clients have scopes of it: ${users.map(({ id }) => id).join(', ')}. Take them away first: set ID --remove-scope NAME.`,
  )
}

async function changeExistingApi(
  table: OperatorTable,
  identifier: string,
  change: (api: Api) => Promise<ApiOutcome>,
): Promise<void> {
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    if ((await change(await findExistingApi(table, identifier))) === 'done') return
  }
  throw new ServiceError('unavailable', 'the API kept changing')
}

const scopeOption = () =>
  several(
    '--scope <name=sentence>',
    "a scope and what users see: 'orders:read=See your orders', or in another language: 'orders:read#de=…'",
    readApiScope,
  )

/** `npm run clients -- add-api` */
export const addApiCommand: Subcommand = (program) => {
  const { options: target, io } = program
  ofApi(program, 'add-api', 'adds an API that clients get tokens for')
    .option('--name <name>', 'as users see it, if not its identifier', readName)
    .option('--dev', 'the identifier may be a loopback address; always with --local')
    .addOption(scopeOption())
    .option('--url-clients', 'clients that are URLs, which are not registered, may ask for its scopes')
    .action(async (identifier: string, options: AddApiOptions) => {
      const found = await program.operator('add-api')
      const dev = options.dev === true || target().local === true
      const taken = await takenIdentifiers(target(), io.env, found.name)
      program.print(await addApi(found, identifier, { ...options, dev }, taken, io))
    })
}

/** `npm run clients -- set-api` */
export const setApiCommand: Subcommand = (program) => {
  ofApi(program, 'set-api', 'changes name and scopes of an API')
    .option('--name <name>', 'as users see it', readName)
    .addOption(scopeOption())
    .addOption(several('--remove-scope <name>', 'a scope that no client has', readScopeName))
    .option('--url-clients', 'clients that are URLs may ask for its scopes')
    .option('--no-url-clients', 'only registered clients get tokens for it')
    .action(async (identifier: string, options: SetApiOptions) =>
      program.print(await setApi(await program.operator('set-api'), identifier, options)),
    )
}

/** `npm run clients -- remove-api` */
export const removeApiCommand: Subcommand = (program) => {
  ofApi(program, 'remove-api', 'removes an API of which no client has a scope')
    .option('--yes', 'do not ask for confirmation')
    .action(async (identifier: string, { yes = false }: { yes?: boolean }) =>
      program.print(
        await removeExistingApi(await program.operator('remove-api'), identifier, yes, program.io),
      ),
    )
}
