import type { Table } from '../../lib/aws/dynamodb.ts'
import { findOwners } from '../../lib/oauth/apis/store.ts'
import type { Client } from '../../lib/oauth/clients/client.ts'
import { brokenRedirectUriRule } from '../../lib/oauth/clients/redirect-uri-rules.ts'
import { entryOf, STANDARD_SCOPES, standardScopesOf } from '../../lib/oauth/scopes.ts'
import { didYouMean } from '../../project/did-you-mean.ts'
import { allApis } from '../cli/directory.ts'
import { Refusal } from '../cli/refusal.ts'

/** A transaction takes 100 items, and a client is read with one request. */
const MAX_VALUES = 40

/**
 * Returns what a client stores of scopes, given by their names. A scope belongs to one API, so its name is enough.
 *
 * @throws {@link Refusal} `refused`, if no API has one of them, or clients of the type cannot have it.
 */
export async function entriesOf(
  table: Table,
  { type }: Pick<Client, 'type'>,
  names: readonly string[],
): Promise<string[]> {
  const isStandard = (name: string) => STANDARD_SCOPES.some((one) => one === name)
  const unfit = names.find((name) => isStandard(name) && !standardScopesOf(type).includes(name))
  if (unfit !== undefined) throw new Refusal('refused', `A ${type} client cannot have the scope ${unfit}.`)
  const owners = await findOwners(
    table,
    names.filter((name) => !isStandard(name)),
  )
  const entries: string[] = []
  for (const name of new Set(names)) {
    const identifier = owners.get(name)
    if (identifier !== undefined) entries.push(entryOf({ identifier }, name))
    else if (isStandard(name)) entries.push(name)
    else throw await noSuchScope(table, name)
  }
  return entries
}

async function noSuchScope(table: Table, name: string): Promise<Refusal> {
  const scopes = (await allApis(table)).flatMap((api) => api.scopes.map((scope) => scope.name))
  const similar = didYouMean(name, [...STANDARD_SCOPES, ...scopes])
  return new Refusal('refused', `No API has the scope ${name}.${similar} Add an API with add-api.`)
}

/** What the values of a client decide about each other. */
type Values = Pick<
  Client,
  'type' | 'local' | 'silent' | 'firstParty' | 'redirectUris' | 'postLogoutRedirectUris' | 'scopes'
>

/**
 * Refuses a client whose values do not fit together.
 *
 * @throws {@link Refusal} `usage`, with the rule that is broken.
 */
export function requireFittingValues(client: Values): void {
  const { redirectUris, postLogoutRedirectUris, scopes } = client
  for (const uri of new Set([...redirectUris, ...postLogoutRedirectUris])) {
    const broken = brokenRedirectUriRule(uri, client)
    if (broken !== undefined)
      throw new Refusal('usage', `Invalid redirect URI ${JSON.stringify(uri)}. ${broken}`)
  }
  const broken = brokenRule(client)
  if (broken !== undefined) throw new Refusal('usage', broken)
  for (const [what, values] of Object.entries({ redirectUris, postLogoutRedirectUris, scopes })) {
    if (values.length > MAX_VALUES) throw new Refusal('usage', `A client has at most ${MAX_VALUES} ${what}.`)
  }
}

function brokenRule({ type, silent, firstParty, redirectUris, scopes }: Values): string | undefined {
  if (type !== 'machine' && redirectUris.length === 0) return `A ${type} client needs a --redirect-uri.`
  if (scopes.length === 0) return 'A client needs a --scope.'
  if (type === 'machine' && firstParty) return 'A machine client has no users, so it cannot be --first-party.'
  if (silent && type !== 'browser') return '--silent is for browser clients alone.'
  return undefined
}
