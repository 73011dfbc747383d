import type { Table } from '../../lib/aws/dynamodb.ts'
import { findProviders, type Provider } from '../../lib/federation/provider.ts'
import { type Io, widthOf } from '../cli/io.ts'
import { jsonOption, type Subcommand } from '../cli/operator.ts'
import { Refusal } from '../cli/refusal.ts'
import { startProgress } from '../cli/terminal/progress.ts'
import { asJson, list as entries } from '../cli/terminal/table.ts'
import { discover, type Reach } from './discovery.ts'
import { readProviderId } from './input.ts'
import { isSame } from './set.ts'
import { findExistingProvider } from './store.ts'

/** What differs at a provider from what is stored. */
interface Checked {
  id: string
  /** By name of the value. */
  changes: Record<string, { stored: unknown; now: unknown }>
  /** Why its discovery document does not fit, or cannot be read. */
  fault?: Refusal
}

async function check({ id, kind, ...stored }: Omit<Provider, 'name'>, reach: Reach): Promise<Checked> {
  if (kind === 'github') return { id, changes: {} }
  try {
    const { values } = await discover(stored.issuer, reach)
    const differing = Object.entries(values).filter(
      ([name, now]) => !isSame(stored[name as keyof typeof values], now),
    )
    return {
      id,
      changes: Object.fromEntries(
        differing.map(([name, now]) => [name, { stored: stored[name as keyof typeof values], now }]),
      ),
    }
  } catch (error) {
    if (error instanceof Refusal) return { id, changes: {}, fault: error }
    throw error
  }
}

/** Checks providers, all at once: each may take seconds to respond. */
async function checkAll(providers: readonly Provider[], reach: Reach, { stderr }: Io): Promise<Checked[]> {
  const progress = startProgress(stderr, providers.length, 'providers')
  let finished = 0
  try {
    return await Promise.all(
      providers.map(async (provider) => {
        const checked = await check(provider, reach)
        finished += 1
        progress.advance(finished)
        return checked
      }),
    )
  } finally {
    progress.stop()
  }
}

/** Returns what to print of a checked provider. */
function wordsOf({ changes, fault }: Checked): string {
  if (fault !== undefined) return fault.message
  const words = Object.entries(changes).map(
    ([name, { stored, now }]) => `${name} was ${shown(stored)}, and is ${shown(now)} now.`,
  )
  return words.join(' ') || 'as stored'
}

const shown = (value: unknown): string =>
  Array.isArray(value) ? value.toSorted().join(' ') : String(value ?? 'none')

/** Throws if anything differs, so that a script notices. */
function requireNothing(checked: readonly Checked[]): void {
  if (checked.some(({ fault }) => fault?.outcome === 'failed')) {
    throw new Refusal('failed', 'A discovery document cannot be read. Nothing was changed.')
  }
  if (checked.some(({ changes, fault }) => fault || Object.keys(changes).length > 0)) {
    throw new Refusal('refused', 'Something differs. set ID --refresh takes over what a document says now.')
  }
}

const chosen = async (table: Table, id: string | undefined): Promise<Provider[]> =>
  id === undefined ? findProviders(table) : [await findExistingProvider(table, id)]

/** Returns `npm run providers -- check`, which reaches providers by a network. */
export const checkCommandOf =
  (fetch: Reach['fetch']): Subcommand =>
  ({ command: providers, options: target, table, print, io }) => {
    providers
      .command('check')
      .description('compares what is stored with the discovery documents now')
      .argument('[id]', 'id of the provider; without it, all', readProviderId)
      .addOption(jsonOption())
      .action(async (id: string | undefined, { json }: { json?: boolean }) => {
        const all = await chosen(await table(), id)
        const checked = await checkAll(all, { fetch, isLocal: target().local === true }, io)
        const rows = checked.map((one): [string, string] => [one.id, wordsOf(one)])
        if (json) {
          print(
            asJson(checked.map(({ fault, ...one }) => ({ ...one, ...(fault && { fault: fault.message }) }))),
          )
        } else print(rows.length === 0 ? 'No providers.\n' : entries(rows, widthOf(io.stdout)))
        requireNothing(checked)
      })
  }
