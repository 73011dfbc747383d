import { randomUUID } from 'node:crypto'
import type { Context } from 'aws-lambda'
import { within } from '../../lib/aws/client.ts'
import { readConfig } from '../../lib/config.ts'
import { isResponse } from '../../lib/get.ts'
import { deadlineOf } from '../../lib/http/handler.ts'
import { logEvent, logFailure } from '../../lib/log.ts'
import { hostOf, isClientUrl, isOfAllowedHost } from '../../lib/oauth/clients/url-client.ts'
import { readDocument } from '../../lib/oauth/documents/document.ts'
import { edge } from '../../lib/oauth/documents/edge.ts'
import { fetchDocument } from '../../lib/oauth/documents/fetching.ts'
import type { Fetched, FetchRequest } from '../../lib/oauth/documents/find.ts'
import { dropDocument, storeDocument, timesOf } from '../../lib/oauth/documents/store.ts'
import { documentCounters } from '../../lib/throttling/counter.ts'
import { attemptIdOf, reserveInTurn } from '../../lib/throttling/store.ts'

/**
 * Fetches the metadata document of a client, within the budgets of the user and of its host, and stores it in
 * the cache. `approve` invokes it for a signed-in user. It has no route.
 *
 * Only the log says why a host gave no document: the caller must not learn what this function can reach.
 */
export async function handler({ url, userId }: FetchRequest, context: Context): Promise<Fetched> {
  try {
    const config = readConfig(['TABLE_NAME', 'CLIENT_METADATA_HOSTS'])
    if (!isClientUrl(url) || !isOfAllowedHost(url, config.CLIENT_METADATA_HOSTS))
      return { isUnreachable: true }
    const table = { aws: within(deadlineOf(context)), name: config.TABLE_NAME, reserved: [] }
    const now = new Date()
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
  } catch (error) {
    logFailure(error)
    throw error
  }
}
