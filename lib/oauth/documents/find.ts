import { type AwsCall, invocationOf } from '../../aws/client.ts'
import type { At } from '../../context.ts'
import { ServiceError } from '../../errors.ts'
import { secondOf } from '../../time.ts'
import { targetRefusal } from '../authorize/target.ts'
import type { Document } from './document.ts'
import { findDocument } from './store.ts'

/** The input of the function `fetch-client`. */
export interface FetchRequest {
  url: string
  /** The user who is signed in. */
  userId: string
}

/**
 * The result of the function `fetch-client`: a document, or a reason. The document may be unusable, its host
 * may not respond, or the host may not have it.
 */
export type Fetched = { document: Document } | { fault: string } | { isUnreachable: true } | { isGone: true }

/**
 * Returns the metadata document of a client, from the cache or from its host. The function that fetches it
 * has no rights on users, sessions, grants and keys. A stale document is used while its host does not
 * respond.
 *
 * @param request - A document in the cache uses up no attempt of its user.
 * @throws {@link ServiceError} with an `error` of `TARGET_REFUSALS`, or `unavailable`.
 */
export async function documentOf(
  { table, config, now }: At<'CLIENT_FETCHER'>,
  request: FetchRequest,
): Promise<Document> {
  const cached = await findDocument(table, request.url, now)
  if (cached && cached.staleAt > secondOf(now)) return cached
  const fetched = await fetchBy(table.aws, config.CLIENT_FETCHER, request)
  if ('document' in fetched) return fetched.document
  if ('fault' in fetched) throw targetRefusal('invalid_document', fetched.fault)
  if ('isUnreachable' in fetched && cached) return cached
  throw targetRefusal('unreachable_document')
}

const RESULTS = ['document', 'fault', 'isUnreachable', 'isGone']

async function fetchBy(aws: AwsCall, fetcherName: string, request: FetchRequest): Promise<Fetched> {
  const result = (await aws('invocation', invocationOf(fetcherName), request)) as Fetched
  // A function that fails returns an error instead of a result.
  if (RESULTS.some((name) => name in result)) return result
  throw new ServiceError('unavailable', 'the fetcher of documents failed')
}
