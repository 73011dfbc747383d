import { expect, onTestFinished } from 'vitest'
import { service, startAws } from '../security/faults/aws.ts'
import { startProxy } from '../support/aws/aws-proxy.ts'
import { loadHandler } from '../support/http/handlers.ts'
import { tableIn } from './table.ts'

/** Returns the first price in a text, in dollars. */
export const dollars = (text = '') => Number(/\$([\d.]+)/.exec(text)?.[1])

/** Reads the table of costs in a document: how much a request uses of what, its price, and the sums in the last row. */
export function costsIn(page: string) {
  const costs = tableIn(page, 'Of what')
  return {
    /** Returns how much one request of a column uses. */
    quantities(heading: string) {
      const [, head = ''] = /^(\| Of what \|.*)$/m.exec(page) ?? []
      const column = head.split('|').findIndex((cell) => cell.trim() === heading) - 1
      return Object.fromEntries(costs.map((cells) => [cells[0], cells[column]?.split(' = ')[0]]))
    },
    /** Returns the price of a million of a row. */
    priceOf: (what: string) => dollars(costs.find(([name]) => name === what)?.[1]),
    /** Returns what a million of each column cost, as written. */
    sums: () =>
      costs
        .at(-1)
        ?.slice(2)
        .map((cell) => cell.replaceAll('*', '')),
    /** Expects that the cells are quantity times price, and the last row their sums. */
    expectSums() {
      const sums = costs.at(-1)?.slice(2).map(dollars)
      const columns = sums?.map((_, column) =>
        costs.slice(0, -1).map(([what, price, ...cells]) => {
          const [quantity, cost] = (cells[column] ?? '').split(' = ')
          expect(Math.abs(Number(quantity) * dollars(price) - dollars(cost)), what).toBeLessThanOrEqual(
            0.0051,
          )
          return dollars(cost)
        }),
      )
      expect(columns?.map((column) => column.reduce((sum, cost) => sum + cost, 0).toFixed(2))).toEqual(
        sums?.map((sum) => sum.toFixed(2)),
      )
    },
  }
}

const MONTH_SECONDS = (365 / 12) * 86_400

/**
 * Returns how many traces X-Ray records for a million times so many requests, spread over a month at random: the first request of each
 * second, and 5 % of the others (https://docs.aws.amazon.com/xray/latest/devguide/xray-console-sampling.html).
 */
export function tracesOf(requests: number): string {
  const perSecond = (requests * 1_000_000) / MONTH_SECONDS
  const first = (1 - Math.exp(-perSecond)) / perSecond
  return (requests * (first + 0.05 * (1 - first))).toFixed(2)
}

type Item = Record<string, Record<string, unknown>> & { expiresAt?: { N?: string } }

/**
 * Returns size times lifetime of stored items, in KB for a month. An item has its names, its values and 100 bytes
 * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html).
 */
export function keptBy(items: readonly Item[], nowMs: number): number {
  const kept = items.map((item) => {
    const bytes = Object.entries(item).reduce(
      (sum, [name, value]) => sum + name.length + String(Object.values(value)[0]).length,
      100,
    )
    return (bytes / 1_000) * ((Number(item.expiresAt?.N) - nowMs / 1_000) / MONTH_SECONDS)
  })
  return kept.reduce((sum, one) => sum + one, 0)
}

/** Starts AWS for a test, with proxies that count the calls. */
export async function startCounted() {
  const aws = await startAws()
  const { dynamodb, kms } = aws.settings.endpoints
  const proxies = { dynamodb: await startProxy(dynamodb), kms: await startProxy(kms) }
  const endpoints = { ...aws.settings.endpoints, dynamodb: proxies.dynamodb.url, kms: proxies.kms.url }
  onTestFinished(() => {
    for (const proxy of Object.values(proxies)) proxy.close()
    aws.stop()
  })
  const load = (key: string) =>
    loadHandler(service, key, { ...aws, settings: { ...aws.settings, endpoints } })
  return { aws, proxies, load }
}
