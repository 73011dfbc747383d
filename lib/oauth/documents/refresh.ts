import { randomUUID } from 'node:crypto'
import { isResponse } from '../../get.ts'
import { logEvent } from '../../log.ts'
import { documentCounters } from '../../throttling/counter.ts'
import { attemptIdOf, type ReservingTable, reserveInTurn } from '../../throttling/store.ts'
import { hostOf } from '../clients/url-client.ts'
import { readDocument } from './document.ts'
import { edge } from './edge.ts'
import { fetchDocument } from './fetching.ts'
import type { Fetched, FetchRequest } from './find.ts'
import { dropDocument, storeDocument, timesOf } from './store.ts'

/**
 * Fetches the metadata document of a client, within the budgets of the user and of its host, and stores it in
 * the cache.
 *
 * Only the log says why a host gave no document: the caller must not learn what this function can reach.
 *
 * @throws {@link ServiceError} `unavailable`.
 */
export async function refreshDocument(
  table: ReservingTable,
  { url, userId }: FetchRequest,
  now: Date,
): Promise<Fetched> {
  const host = hostOf(url)
  const id = attemptIdOf(randomUUID())
  const { refusedForSeconds } = await reserveInTurn(table, documentCounters(userId, host, now), id, now)
  const fetched =
    refusedForSeconds === 0
      ? await fetchDocument(url, edge).catch((error: Error) => error)
      : new Error('the budget of the user or of the host is used up')
  if (fetched instanceof Error) {
    logEvent('warn', { event: 'document.refused', host, userId, reason: fetched.message })
    if (!isResponse(fetched)) return { isUnreachable: true }
    await dropDocument(table, url, now)
    return { isGone: true }
  }
  const read = readDocument(url, fetched.body)
  const result = 'fault' in read ? read : { document: { ...read, ...timesOf(now) } }
  if ('document' in result && fetched.mayStore) await storeDocument(table, url, result.document)
  else await dropDocument(table, url, now)
  return result
}
