import { randomUUID } from 'node:crypto'
import { Option } from 'commander'
import {
  type ClientAuthentication,
  findProvider,
  findProviders,
  PROVIDER_KINDS,
  type Provider,
  type ProviderKind,
} from '../../lib/federation/provider.ts'
import { createProvider } from '../../lib/federation/store.ts'
import type { Io } from '../cli/io.ts'
import { jsonOption, type OperatorTable, type Subcommand } from '../cli/operator.ts'
import { Refusal } from '../cli/refusal.ts'
import { asJson } from '../cli/terminal/table.ts'
import { discover, isAllowedUrl, type Reach } from './discovery.ts'
import {
  appleIdReader,
  authenticationOption,
  mailDomainsOption,
  ofProvider,
  readClientId,
  readName,
  readTenant,
} from './input.ts'
import { entraIssuer, GITHUB, KINDS, namedKindOf } from './kinds.ts'
import { findRedirectUri } from './redirect-uri.ts'
import { askSecret, encrypt } from './secret.ts'

/** Values of a new provider on the command line. */
interface AddOptions {
  kind: ProviderKind
  clientId: string
  issuer?: string
  tenant?: string
  teamId?: string
  keyId?: string
  name?: string
  mailDomains?: string[]
  clientAuthentication?: ClientAuthentication
  json?: boolean
}

/** The options that only some kinds have, and those that these kinds need. */
const OF_KINDS = {
  issuer: { option: '--issuer', kinds: ['oidc'], isNeeded: true },
  tenant: { option: '--tenant', kinds: ['entra'], isNeeded: true },
  teamId: { option: '--team-id', kinds: ['apple'], isNeeded: true },
  keyId: { option: '--key-id', kinds: ['apple'], isNeeded: true },
  mailDomains: { option: '--mail-domains', kinds: ['oidc', 'entra'], isNeeded: false },
  clientAuthentication: { option: '--client-authentication', kinds: ['oidc'], isNeeded: false },
} as const satisfies Partial<Record<keyof AddOptions, object>>

/**
 * Refuses options that do not fit a kind.
 *
 * @throws {@link Refusal} `usage`
 */
export function requireFittingOptions(
  options: Partial<AddOptions> & Pick<AddOptions, 'kind'>,
  isNew: boolean,
): void {
  for (const [member, { option, kinds, isNeeded }] of Object.entries(OF_KINDS)) {
    const isOfKind = kinds.some((kind) => kind === options.kind)
    const isGiven = options[member as keyof typeof OF_KINDS] !== undefined
    if (isGiven && !isOfKind) {
      throw new Refusal('usage', `${option} is for the kind ${kinds.join(' or ')} only.`)
    }
    if (isNew && isNeeded && isOfKind && !isGiven) {
      throw new Refusal('usage', `A provider of the kind ${options.kind} needs ${option}.`)
    }
  }
}

/** Returns the issuer of a new provider. */
function issuerOf({ kind, issuer, tenant = '' }: AddOptions, isLocal: boolean): string {
  if (issuer === undefined) return KINDS[kind].issuer ?? entraIssuer(tenant)
  if (!isAllowedUrl(issuer, isLocal) || issuer.includes('?')) {
    throw new Refusal(
      'usage',
      'Invalid --issuer. Use an https URL without user, query and fragment. http is for loopback addresses with --local only.',
    )
  }
  const named = namedKindOf(issuer)
  if (named !== undefined)
    throw new Refusal('usage', `This is an issuer of the kind ${named}. Use --kind ${named}.`)
  return issuer
}

/**
 * Adds a provider. Everything else is checked before its secret is asked for.
 *
 * @returns Its redirect URI has to be registered at the provider.
 */
async function add(
  table: OperatorTable,
  id: string,
  options: AddOptions,
  reach: Reach,
  io: Io,
): Promise<void> {
  requireFittingOptions(options, true)
  const issuer = issuerOf(options, reach.isLocal)
  if (await findProvider(table, id)) throw alreadyExists(id)
  await requireFreeIssuer(table, issuer)
  const values = await valuesOf(options, issuer, reach)
  const secret = await encrypt(table, id, await askSecret(values, io))
  const at = io.now().toISOString()
  const provider = {
    id,
    ...values,
    secret,
    disabled: false,
    changeId: randomUUID(),
    createdAt: at,
    changedAt: at,
  }
  const outcome = await createProvider(table, provider, table.act())
  if (outcome === 'changed') throw alreadyExists(id)
  if (outcome === 'issuer-taken') {
    await requireFreeIssuer(table, issuer)
    throw new Refusal('refused', 'A provider had this issuer until now. Try again.')
  }
}

async function valuesOf(options: AddOptions, issuer: string, reach: Reach) {
  const { kind, clientId, mailDomains = [], teamId, keyId } = options
  const { scope, name, clientAuthentication } = KINDS[kind]
  const wanted = options.clientAuthentication ?? clientAuthentication
  const found = kind === 'github' ? undefined : await discover(issuer, reach)
  return {
    kind,
    name: options.name ?? name ?? new URL(issuer).hostname,
    issuer,
    clientId,
    clientAuthentication: found ? authenticationOf(found.clientAuthentications, wanted, options) : wanted,
    scope,
    mailDomains,
    appleTeamId: teamId,
    appleKeyId: keyId,
    ...(found?.values ?? GITHUB),
  } satisfies Partial<Provider>
}

/** Apple's client secret is a JWT, which goes into the body. */
function authenticationOf(
  possible: readonly ClientAuthentication[],
  wanted: ClientAuthentication,
  { clientAuthentication }: AddOptions,
): ClientAuthentication {
  if (wanted === 'apple' || possible.includes(wanted)) return wanted
  const [other = wanted] = possible
  if (clientAuthentication === undefined) return other
  throw new Refusal('refused', `The provider does not take the client secret so. Use ${other}.`)
}

const alreadyExists = (id: string) =>
  new Refusal(
    'refused',
    `Provider ${id} already exists. Change it with set, or replace its secret with new-secret.`,
  )

async function requireFreeIssuer(table: OperatorTable, issuer: string): Promise<void> {
  const other = (await findProviders(table)).find((one) => one.issuer === issuer)
  if (other === undefined) return
  throw new Refusal('refused', `Provider ${other.id} has the issuer ${issuer}. An issuer has one provider.`)
}

/** Returns `npm run providers -- add`, which reaches providers by a network. */
export const addCommandOf =
  (fetch: Reach['fetch']): Subcommand =>
  (program) => {
    const { options: target, io } = program
    ofProvider(program, 'add', 'adds a provider; its secret comes from a hidden prompt or standard input')
      .addOption(new Option('--kind <kind>', 'what it is').choices(PROVIDER_KINDS).makeOptionMandatory())
      .addOption(
        new Option('--client-id <id>', 'as the provider shows it; for Apple the Services ID')
          .argParser(readClientId)
          .makeOptionMandatory(),
      )
      .option('--issuer <url>', 'oidc: as its discovery document says it')
      .option('--tenant <id>', 'entra: Directory (tenant) ID', readTenant)
      .option('--team-id <id>', 'apple: id of the team', appleIdReader('--team-id'))
      .option('--key-id <id>', 'apple: id of the key in the .p8 file', appleIdReader('--key-id'))
      .option('--name <name>', 'on the button, such as Google', readName)
      .addOption(mailDomainsOption())
      .addOption(authenticationOption())
      .addOption(jsonOption())
      .action(async (id: string, options: AddOptions) => {
        const found = await program.operator('add')
        await add(found, id, options, { fetch, isLocal: target().local === true }, io)
        const redirectUri = await findRedirectUri(target(), io.env, id)
        program.print(
          options.json
            ? asJson({ id, kind: options.kind, redirectUri })
            : `Added provider ${id}.\nredirect URI  ${redirectUri}\n`,
        )
        io.stderr.write('Register this redirect URI at the provider, exactly as it is.\n')
      })
  }
