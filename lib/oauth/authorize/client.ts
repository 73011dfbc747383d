import type { At } from '../../context.ts'
import type { Presented } from '../../sessions/redeem.ts'
import type { Client } from '../clients/client.ts'
import { findClient } from '../clients/store.ts'
import { isClientUrl, isOfAllowedHost } from '../clients/url-client.ts'
import { documentOf } from '../documents/find.ts'
import { type Parameters, parameterOf } from '../parameters.ts'
import { needsRefresh, type Step, signInStep } from './outcome.ts'
import { startOf } from './sign-in.ts'
import { type Target, targetRefusal } from './target.ts'

/** The client of a request, and the session, if it was read for that. */
interface Known {
  client: Client | undefined
  presented?: Presented
}

/**
 * Finds the client of a request. One that is a URL has a document, which is looked up for a user who is signed in alone: otherwise
 * anybody could have this service send requests.
 *
 * @param redeem - Returns the session in the cookie.
 * @returns The client, or the step in which the user signs in.
 * @throws {@link ServiceError} with an `error` of `TARGET_REFUSALS`, or `unavailable`.
 */
export async function clientOf(
  at: At<'CLIENT_FETCHER' | 'CLIENT_METADATA_HOSTS'>,
  { clientId }: Target,
  parameters: Parameters,
  redeem: () => Promise<Presented | undefined>,
): Promise<Known | Step> {
  const client = await findClient(at.table, clientId)
  if (client === undefined || !isClientUrl(clientId)) return { client }
  if (client.disabled || !isOfAllowedHost(clientId, at.config.CLIENT_METADATA_HOSTS))
    return { client: undefined }
  const presented = await redeem()
  const prompts = parameterOf(parameters, 'prompt')?.split(' ') ?? []
  if (presented === undefined) {
    // Without the document it is not known where an error may lead.
    if (prompts.includes('none')) throw targetRefusal('no_session')
    return signInStep(client, prompts.includes('login'), startOf(undefined, at.now))
  }
  if (needsRefresh(presented, at.now)) return { next: 'refresh' }
  const { name, redirectUris } = await documentOf(at, { url: clientId, userId: presented.user.id })
  return { client: { ...client, name, redirectUris }, presented }
}
