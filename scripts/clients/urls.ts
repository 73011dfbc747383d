import { randomUUID } from 'node:crypto'
import {
  attribute,
  attributesOf,
  getItems,
  type Table,
  type TransactWrite,
  transact,
  updateOf,
} from '../../lib/aws/dynamodb.ts'
import { valuesOf } from '../../lib/aws/item.ts'
import { ServiceError } from '../../lib/errors.ts'
import { eventOf } from '../../lib/events/event.ts'
import type { DetailOf } from '../../lib/events/types.ts'
import { endGrants } from '../../lib/oauth/clients/client.ts'
import { isClientUrl, URL_CLIENT, type UrlClient, urlClientKey } from '../../lib/oauth/clients/url-client.ts'
import { listed } from '../../lib/oauth/directory.ts'
import type { OperatorTable } from '../cli/operator.ts'

/** How many times a change is attempted when concurrent changes precede it. */
const MAX_ATTEMPTS = 5

/**
 * Returns what an argument stands for, if it is no id of a registered client: the URL of a client, or the host of `https://host`, for all
 * clients there.
 */
export function targetOf(given: string): string | undefined {
  if (isClientUrl(given)) return given
  const [, host = ''] = /^https:\/\/([^/]+)\/?$/.exec(given) ?? []
  return isClientUrl(`https://${host}/a`) ? host : undefined
}

/** Returns what a target is called in sentences. */
const shownTarget = (target: string): string =>
  isClientUrl(target) ? `Client ${target}` : `Each client of the host ${target}`

/** Finds what operators have decided about a URL or a host. */
export async function findDecision(table: Table, target: string): Promise<UrlClient | undefined> {
  const [item] = await getItems(table, [urlClientKey(target)])
  return item && valuesOf(URL_CLIENT, item)
}

/**
 * Decides about a URL or a host, with its event. If another change comes first, it starts again from that.
 *
 * @param change - Returns the new values, given the generation of a read just before.
 */
async function decide(
  table: OperatorTable,
  target: string,
  change: (before: Pick<UrlClient, 'generation' | 'disabled'>) => Partial<UrlClient>,
  detail: DetailOf<'client.updated'>,
): Promise<void> {
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    const found = await findDecision(table, target)
    const act = table.act()
    const before = found ?? { target, generation: 0, disabled: false, createdAt: act.now.toISOString() }
    const after = { ...before, ...change(before), changeId: randomUUID(), changedAt: act.now.toISOString() }
    const subject = urlClientKey(target).pk.S
    const changes = detail === 'grants-ended' ? [] : ['disabled']
    const happening = { type: 'client.updated', subject, changes, detail } as const
    if (!(await transact(table, [...writesOf(found, after), eventOf(table, act, happening)]))) return
  }
  throw new ServiceError('unavailable', 'the client kept changing')
}

function writesOf(found: UrlClient | undefined, { target, ...values }: UrlClient): TransactWrite[] {
  const Key = urlClientKey(target)
  if (found === undefined) {
    const Item = { ...Key, ...attributesOf({ target, ...values }) }
    return [{ Put: { Item, ConditionExpression: 'attribute_not_exists(pk)' } }, listed(Key)]
  }
  const update = updateOf(values, { ':readChangeId': attribute(found.changeId) })
  return [{ Update: { Key, ConditionExpression: 'changeId = :readChangeId', ...update } }]
}

/** Disables a URL or a host, and ends all codes and grants. */
export async function disable(table: OperatorTable, target: string): Promise<string> {
  await decide(table, target, (before) => ({ disabled: true, ...endGrants(before) }), 'disabled')
  return `${shownTarget(target)} is disabled. All codes and grants have ended.\n`
}

/** Enables a URL or a host again. What ended stays ended. */
export async function enable(table: OperatorTable, target: string): Promise<string> {
  await decide(table, target, () => ({ disabled: false }), 'enabled')
  return `${shownTarget(target)} is enabled.\n`
}

/** Ends all codes and grants of a URL or a host. Users are asked again. */
export async function endAllGrants(table: OperatorTable, target: string): Promise<string> {
  await decide(table, target, endGrants, 'grants-ended')
  return `${shownTarget(target)} has no codes and grants any longer.\n`
}
