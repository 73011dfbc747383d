import { hash } from 'node:crypto'
import { flag, type Item, number, text } from '../../aws/dynamodb.ts'
import { type Attributes, type ValuesOf, valuesOf } from '../../aws/item.ts'
import { OPEN_APIS, STANDARD_SCOPES } from '../scopes.ts'
import type { Client } from './client.ts'

/**
 * Attributes of an operator's decision about a client that is a URL, or about all clients of a host. Without
 * such an item, the client is enabled and has generation 0.
 */
export const URL_CLIENT = {
  /** The URL or the host. */
  target: text,
  /** Grows when an operator ends all codes and grants. */
  generation: number,
  disabled: flag,
  /** Random id of the latest change. Every change has it as a condition. */
  changeId: text,
  /** ISO 8601 times. Nothing depends on them. */
  createdAt: text,
  changedAt: text,
} satisfies Attributes

/** A stored decision about a URL or a host. */
export type UrlClient = ValuesOf<typeof URL_CLIENT>

/** Attributes of a decision that functions read. */
export const DECISION = ['generation', 'disabled'] as const

export const MAX_CLIENT_URL_CHARACTERS = 512

/**
 * A host with a dot, and a path. The host is no IP address and has no port. The path is printable ASCII
 * without `#`, `"` and `\`, which a URI cannot have there.
 */
const FORM = /^https:\/\/((?:[a-z0-9-]+\.)+[a-z][a-z0-9-]*)\/[!$-[\]-~]+$/

/**
 * Whether a value has the form of a client id that is the URL of a metadata document
 * (draft-ietf-oauth-client-id-metadata-document section 3). Its spelling is the one of browsers, without dot
 * segments, so one document has one id.
 *
 * No such value is the id of a registered client: see `isClientId` in `client.ts`.
 */
export const isClientUrl = (value: unknown): value is string =>
  typeof value === 'string' &&
  value.length <= MAX_CLIENT_URL_CHARACTERS &&
  FORM.test(value) &&
  URL.canParse(value) &&
  new URL(value).href === value

/** Returns the host of a client id that is a URL. */
export const hostOf = (url: string): string => new URL(url).hostname

/** Whether documents of a URL's host are fetched. @param hosts - The setting `CLIENT_METADATA_HOSTS`. */
export const isOfAllowedHost = (url: string, hosts: readonly string[]): boolean =>
  hosts.includes('*') || hosts.includes(hostOf(url))

/** Returns the key of what operators have decided about a URL or a host. */
export const urlClientKey = (target: string) => ({
  pk: { S: `url-client#${hash('sha256', target, 'base64url')}` },
  sk: { S: 'url-client' },
})

/** Returns the keys of an operator's decisions about a client that is a URL. */
export const decisionKeys = (url: string) => [url, hostOf(url)].map(urlClientKey)

/**
 * Returns a client that is a URL, without the values of its document: it has no redirect URI, and its name is
 * its host.
 *
 * It has the rules of a `native` client: no secret, and a screen at each sign-in. Its generation is the sum
 * of those of the URL and of the host. Both only grow, so the sum never returns to an earlier value.
 *
 * @param items - Of {@link decisionKeys}.
 */
export function urlClientOf(url: string, items: readonly (Item | undefined)[]): Client {
  const decisions = items.flatMap((item) => (item ? [valuesOf(URL_CLIENT, item, DECISION)] : []))
  return {
    id: url,
    type: 'native',
    name: hostOf(url),
    names: [],
    generation: decisions.reduce((sum, { generation }) => sum + generation, 0),
    disabled: decisions.some(({ disabled }) => disabled),
    redirectUris: [],
    postLogoutRedirectUris: [],
    scopes: [...STANDARD_SCOPES, OPEN_APIS],
    firstParty: false,
    silent: false,
    local: false,
    changeId: '',
    createdAt: '',
    changedAt: '',
  }
}
