import type { Context } from 'aws-lambda'
import { within } from '../../lib/aws/client.ts'
import { readConfig } from '../../lib/config.ts'
import { deadlineOf } from '../../lib/http/handler.ts'
import { logFailure } from '../../lib/log.ts'
import { isClientUrl, isOfAllowedHost } from '../../lib/oauth/clients/url-client.ts'
import type { Fetched, FetchRequest } from '../../lib/oauth/documents/find.ts'
import { refreshDocument } from '../../lib/oauth/documents/refresh.ts'

/**
 * Fetches the metadata document of a client, within the budgets of the user and of its host, and stores it in
 * the cache. `approve` invokes it for a signed-in user. It has no route.
 */
export async function handler(request: FetchRequest, context: Context): Promise<Fetched> {
  try {
    const { url, userId } = request
    const config = readConfig(['TABLE_NAME', 'CLIENT_METADATA_HOSTS'])
    if (!isClientUrl(url) || !isOfAllowedHost(url, config.CLIENT_METADATA_HOSTS))
      return { isUnreachable: true }
    const table = { aws: within(deadlineOf(context)), name: config.TABLE_NAME, reserved: [] }
    return await refreshDocument(table, { url, userId }, new Date())
  } catch (error) {
    logFailure(error)
    throw error
  }
}
