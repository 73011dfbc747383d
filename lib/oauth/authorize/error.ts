import type { Table } from '../../aws/dynamodb.ts'
import type { Client } from '../clients/client.ts'
import { isClientUrl } from '../clients/url-client.ts'
import { findAllowedApp } from '../grants/app.ts'

/** The error of a request, which its client gets (RFC 6749 section 4.1.2.1). */
export interface AuthorizationError {
  error: string
  /** For the client's developer. It repeats nothing of the request. */
  description: string
}

export const LOGIN_REQUIRED: AuthorizationError = {
  error: 'login_required',
  description: 'The user must sign in.',
}

/** The error of a request whose user has cancelled. */
export const ACCESS_DENIED: AuthorizationError = {
  error: 'access_denied',
  description: 'The user has cancelled.',
}

/**
 * Whether an error may lead the browser to its client without a click (RFC 9700 section 4.11.2). Anybody can write the document of a
 * client that is a URL. An error that led to it would make an open redirector of this service, so the user must have allowed the client
 * before.
 *
 * @param userId - The user who is signed in. A client that is a URL is not known without one.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function mayErrorLead(
  table: Table,
  client: Pick<Client, 'id' | 'generation'>,
  userId: string | undefined,
): Promise<boolean> {
  if (!isClientUrl(client.id)) return true
  return userId !== undefined && (await findAllowedApp(table, userId, client)) !== undefined
}
