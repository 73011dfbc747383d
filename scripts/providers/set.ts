import { isDeepStrictEqual } from 'node:util'
import type { ClientAuthentication, ProviderWithSecret } from '../../lib/federation/provider.ts'
import { changeProvider } from '../../lib/federation/store.ts'
import type { OperatorTable, Subcommand } from '../cli/operator.ts'
import { Refusal } from '../cli/refusal.ts'
import { requireFittingOptions } from './add.ts'
import { discover, type Reach } from './discovery.ts'
import { authenticationOption, mailDomainsOption, ofProvider, readClientId, readName } from './input.ts'
import { changeExistingProvider } from './store.ts'

/** Values of a provider to change. */
interface SetOptions {
  name?: string
  clientId?: string
  mailDomains?: string[]
  clientAuthentication?: ClientAuthentication
  /** Take over what the discovery document says now. */
  refresh?: boolean
}

/** Changes values of a provider. Its kind and issuer stay: another one is another provider. */
async function set(table: OperatorTable, id: string, options: SetOptions, reach: Reach): Promise<string> {
  let changed: string[] = []
  await changeExistingProvider(table, id, async (provider) => {
    requireFittingOptions({ ...options, kind: provider.kind }, false)
    const changes = await changesOf(provider, options, reach)
    changed = Object.keys(changes)
    if (changed.length === 0) return 'done'
    return await changeProvider(table, provider, { changes }, table.act())
  })
  return changed.length === 0
    ? `Provider ${id} has these values already.\n`
    : `Changed ${changed.join(', ')} of provider ${id}.\n`
}

/** Returns the values that differ from those of a provider. */
async function changesOf(
  provider: ProviderWithSecret,
  { refresh, ...given }: SetOptions,
  reach: Reach,
): Promise<Partial<ProviderWithSecret>> {
  if (refresh && provider.kind === 'github') {
    throw new Refusal('usage', 'GitHub has no discovery document, so there is nothing to refresh.')
  }
  const found = refresh ? (await discover(provider.issuer, reach)).values : {}
  const values = Object.entries({ ...found, ...given })
  return Object.fromEntries(
    values.filter(([name, value]) => !isSame(provider[name as keyof typeof provider], value)),
  )
}

/** A set of DynamoDB has no order. */
export const isSame = (one: unknown, other: unknown): boolean =>
  Array.isArray(one) && Array.isArray(other)
    ? isDeepStrictEqual(one.toSorted(), other.toSorted())
    : isDeepStrictEqual(one, other)

/** Returns `npm run providers -- set`, which reaches providers by a network. */
export const setCommandOf =
  (fetch: Reach['fetch']): Subcommand =>
  (program) => {
    ofProvider(program, 'set', 'changes values of a provider; kind and issuer stay')
      .option('--name <name>', 'on the button', readName)
      .option('--client-id <id>', 'as the provider shows it', readClientId)
      .addOption(mailDomainsOption())
      .addOption(authenticationOption())
      .option('--refresh', 'take over what the discovery document says now')
      .action(async (id: string, options: SetOptions) => {
        if (Object.keys(options).length === 0) {
          throw new Refusal('usage', 'Nothing to change. Use an option of set --help.')
        }
        const isLocal = program.options().local === true
        program.print(await set(await program.operator('set'), id, options, { fetch, isLocal }))
      })
  }
