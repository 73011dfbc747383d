import { number, text, texts } from '../../aws/dynamodb.ts'
import type { Attributes, ValuesOf } from '../../aws/item.ts'
import { OTHER_CLIENT_ID } from '../authorize/target.ts'
import { brokenRule } from '../clients/redirect-uri.ts'
import { isClaimedName } from './name.ts'

/** Attributes of a metadata document in the cache: those that approvals need. */
export const DOCUMENT = {
  /** `client_name`. */
  name: text,
  redirectUris: texts,
  /** Second since the epoch at which it is fetched again, and at which it is deleted. */
  staleAt: number,
  expiresAt: number,
} satisfies Attributes

/** A metadata document in the cache. */
export type Document = ValuesOf<typeof DOCUMENT>

const MAX_REDIRECT_URIS = 20

/** Why a document cannot be used, for the developer of the app. */
type Fault = { fault: string }

/**
 * Reads a metadata document (draft-ietf-oauth-client-id-metadata-document section 4, RFC 7591 section 2).
 *
 * Redirect URIs that break a rule for `native` clients are left out. Some apps list a scheme without a dot in
 * addition to a valid address. Other members, such as `logo_uri` and `scope`, are ignored.
 *
 * @param url - Where it comes from.
 * @param body - Untrusted.
 */
export function readDocument(url: string, body: Uint8Array): Pick<Document, 'name' | 'redirectUris'> | Fault {
  const members = parse(body)
  if (members === undefined) return { fault: 'It is no JSON object in UTF-8.' }
  if (members.client_id !== url) return { fault: OTHER_CLIENT_ID }
  const { client_name: name, redirect_uris: uris } = members
  if (!isClaimedName(name)) {
    return { fault: 'Its client_name is not 1 to 60 visible characters in one line, without double quotes.' }
  }
  if (!isList(uris) || uris.length > MAX_REDIRECT_URIS) {
    return { fault: `Its redirect_uris are not a list of at most ${MAX_REDIRECT_URIS} URIs.` }
  }
  const redirectUris = [...new Set(uris)].filter(
    (uri) => brokenRule(uri, { type: 'native', local: false }) === undefined,
  )
  if (redirectUris.length === 0) {
    return {
      fault: 'It has no redirect URI that is https, a loopback address or a private-use scheme with a dot.',
    }
  }
  const fault = faultOfMethods(members)
  return fault === undefined ? { name, redirectUris } : { fault }
}

/**
 * A document has no secret, and the service does not support keys of clients. So the client must accept to
 * have no authentication.
 */
function faultOfMethods(members: Record<string, unknown>): string | undefined {
  const {
    token_endpoint_auth_methods_supported: methods,
    token_endpoint_auth_method: method,
    grant_types: grants = ['authorization_code'],
    response_types: responses = ['code'],
  } = members
  if ('client_secret' in members) return 'It must not have a client_secret.'
  const all = methods === undefined ? [method] : methods
  if (!has(all, 'none')) return 'Its token_endpoint_auth_method is not none.'
  if (!has(grants, 'authorization_code')) return 'Its grant_types do not have authorization_code.'
  return has(responses, 'code') ? undefined : 'Its response_types do not have code.'
}

const isList = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string')

const has = (list: unknown, value: string): boolean => Array.isArray(list) && list.includes(value)

function parse(body: Uint8Array): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body))
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}
