import type { Command } from 'commander'
import { Option } from 'commander'
import { CLIENT_AUTHENTICATIONS, isGuid, isProviderId } from '../../lib/federation/provider.ts'
import { isShown } from '../../lib/oauth/clients/shown.ts'
import type { TableProgram } from '../cli/operator.ts'
import { Refusal } from '../cli/refusal.ts'

const MAX_NAME_CHARACTERS = 40
const MAX_DOMAINS = 20

/** Reads the id of a provider. */
export function readProviderId(given: string): string {
  if (isProviderId(given)) return given
  throw new Refusal(
    'usage',
    'Invalid id of a provider. Use 2 to 32 characters a-z, 0-9 and hyphen, with a letter first.',
  )
}

/** Reads the name on the button. */
export function readName(given: string): string {
  if (isShown(given, MAX_NAME_CHARACTERS)) return given
  throw new Refusal(
    'usage',
    `Invalid --name. Use 1 to ${MAX_NAME_CHARACTERS} characters, without control characters and outer spaces.`,
  )
}

/** Reads the id that the provider has given to this service (RFC 6749 appendix A.1). */
export function readClientId(given: string): string {
  if (/^[\x21-\x7e]{1,255}$/.test(given)) return given
  throw new Refusal('usage', 'Invalid --client-id. Use the id that the provider shows.')
}

/** Reads the id of a tenant of Microsoft Entra ID. The aliases of several tenants have no issuer that a token could be compared with. */
export function readTenant(given: string): string {
  const tenant = given.toLowerCase()
  if (isGuid(tenant)) return tenant
  throw new Refusal(
    'usage',
    'Invalid --tenant. Use the Directory (tenant) ID of one tenant, which is a GUID. common and organizations are for any tenant, and are refused.',
  )
}

/** Returns a function that reads an id of Apple: of a team or of a key. */
export const appleIdReader = (option: string) => (given: string) => {
  if (/^[A-Z0-9]{10}$/.test(given)) return given
  throw new Refusal('usage', `Invalid ${option}. Apple shows 10 capital letters and digits.`)
}

/** Reads domains, separated by commas. `none` is an empty list. */
function readMailDomains(given: string): string[] {
  if (given === 'none') return []
  const domains = [...new Set(given.toLowerCase().split(','))]
  const isDomain = (one: string) =>
    /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]$/.test(one)
  if (domains.length <= MAX_DOMAINS && domains.every(isDomain)) return domains
  throw new Refusal(
    'usage',
    `Invalid --mail-domains. Use at most ${MAX_DOMAINS} domains such as example.com,example.org, or none.`,
  )
}

/** Returns the option for {@link readMailDomains}. */
export const mailDomainsOption = (): Option =>
  new Option('--mail-domains <domains>', 'oidc, entra: domains whose mailboxes the provider runs').argParser(
    readMailDomains,
  )

/** Returns the option for how this service proves who it is. */
export const authenticationOption = (): Option =>
  new Option('--client-authentication <how>', 'oidc: where the secret goes, header or body').choices(
    CLIENT_AUTHENTICATIONS.filter((one) => one !== 'apple'),
  )

/** Returns a subcommand about one provider. */
export const ofProvider = ({ command }: TableProgram, name: string, description: string): Command =>
  command.command(name).description(description).argument('<id>', 'id of the provider', readProviderId)
