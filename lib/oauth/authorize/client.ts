import type { At } from '../../context.ts'
import type { Presented } from '../../sessions/redeem.ts'
import { findClient } from '../clients/store.ts'
import { isClientUrl, isOfAllowedHost } from '../clients/url-client.ts'
import { documentOf } from '../documents/find.ts'
import { findAllowedApp } from '../grants/app.ts'
import { type Parameters, parameterOf } from '../parameters.ts'
import { needsRefresh, type RequestClient, type Step, signInStep } from './outcome.ts'
import { startOf } from './sign-in.ts'
import { type Target, targetRefusal } from './target.ts'

/** The client of a request, and the session, if it was read for that. */
interface Known {
  client: RequestClient | undefined
  presented?: Presented
}

/**
 * Finds the client of a request. A client that is a URL has a document. The service fetches it only for a
 * signed-in user: otherwise anybody could make the service send requests.
 *
 * With `prompt=none`, the user must have allowed the client too. Otherwise the host would learn from the
 * request whether its visitor is signed in.
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
  if (presented && needsRefresh(presented)) return { next: 'refresh' }
  const prompts = parameterOf(parameters, 'prompt')?.split(' ') ?? []
  const isAllowed = async () => presented && (await findAllowedApp(at.table, presented.user.id, client))
  // Without the document, the service does not know where an error may lead.
  if (prompts.includes('none') && !(await isAllowed())) throw targetRefusal('not_allowed')
  if (presented === undefined)
    return signInStep(client, prompts.includes('login'), startOf(undefined, at.now))
  const { name, redirectUris } = await documentOf(at, { url: clientId, userId: presented.user.id })
  return { client: { ...client, claimedName: name, redirectUris }, presented }
}
