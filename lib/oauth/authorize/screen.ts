import type { UserState } from '../../users/user.ts'
import type { Client } from '../clients/client.ts'
import { isLoopback } from '../clients/redirect-uri.ts'
import { type App, consentedScopes } from '../grants/app.ts'
import { entriesOf, type ShownScope, shownScopeOf } from '../scopes.ts'
import type { AuthorizationRequest } from './request.ts'

/** The facts that decide whether the user sees the screen of consent. */
export interface Seen {
  client: Pick<Client, 'type' | 'silent' | 'firstParty' | 'generation'>
  request: Pick<AuthorizationRequest, 'prompts' | 'scopes' | 'api' | 'loginHint'>
  redirectUri: string
  app: Pick<App, 'scopes' | 'clientGeneration' | 'revokedAt'> | undefined
  user: Pick<UserState, 'id' | 'username'>
  /** Id of the user whom this browser last approved. */
  lastUserId?: string | undefined
}

/** Whether a client may get a code without a screen, if nothing else speaks against it. */
export const maySkipScreen = ({ type, silent }: Pick<Client, 'type' | 'silent'>): boolean =>
  type === 'web' || (type === 'browser' && silent)

/** Why a screen is needed, as the error of a request with `prompt=none` (OpenID Connect Core section 3.1.2.6). */
export type ScreenReason = 'interaction_required' | 'consent_required'

/**
 * Returns why the user must see the screen, or `undefined` if a code may be issued without it.
 *
 * Without a screen, the browser sends a code to the app without a click. A secret of the app protects a code
 * that leaked. PKCE does not: an attacker can begin a request with their challenge. So only a `web` client is
 * silent, or a `browser` client for which the operator accepts that. A `native` client is never silent. Nor
 * is a loopback address, because any program of the device may listen there (RFC 8252 section 8.6). If the
 * user removed the access of a client, it gets access again only after a click, also if it needs no consent.
 */
export function screenReasonOf({
  client,
  request,
  redirectUri,
  app,
  user,
  lastUserId,
}: Seen): ScreenReason | undefined {
  const { prompts, loginHint } = request
  const isQuiet = maySkipScreen(client) && !(client.type === 'browser' && isLoopback(redirectUri))
  if (!isQuiet || prompts.includes('select_account')) return 'interaction_required'
  if (lastUserId !== undefined && lastUserId !== user.id) return 'interaction_required'
  // A hint may be an address that is not the username. Then the user sees one screen more than necessary.
  const isOther = loginHint !== undefined && loginHint.toLowerCase() !== user.username
  if (isOther && !prompts.includes('none')) return 'interaction_required'
  if (prompts.includes('consent') || app?.revokedAt !== undefined) return 'consent_required'
  const consented = consentedScopes(app, client)
  const needed = client.firstParty
    ? request.scopes.filter((name) => name === 'offline_access')
    : entriesOf(request.scopes, request.api)
  return needed.every((name) => consented.includes(name)) ? undefined : 'consent_required'
}

/**
 * Returns a request with the scopes that count for this user. With `prompt=none`, `offline_access` counts
 * only after a click on an earlier screen.
 */
export function withClickedScopes<T extends Seen['request']>(
  request: T,
  { client, app }: Pick<Seen, 'client' | 'app'>,
): T {
  if (!request.prompts.includes('none') || consentedScopes(app, client).includes('offline_access'))
    return request
  return { ...request, scopes: request.scopes.filter((name) => name !== 'offline_access') }
}

/** The click on the screen: what it showed. */
export interface Click {
  /** Id of the user. */
  sub: string
  /** Names of the scopes, with a space between them. */
  scope: string
}

/**
 * Whether a screen showed the user and the scopes that count now. Another tab may have signed in another user
 * since then.
 */
export const isOfScreen = (
  { sub, scope }: Click,
  { user, request }: Pick<Seen, 'user' | 'request'>,
): boolean => sub === user.id && scope.split(' ').toSorted().join(' ') === request.scopes.toSorted().join(' ')

/** Returns what the screen shows of the scopes of a request, in its order, but for `offline_access`. */
export const shownScopesOf = ({ scopes, api }: Pick<AuthorizationRequest, 'scopes' | 'api'>): ShownScope[] =>
  asShown(scopes).map((name) => shownScopeOf(name, api))

/**
 * Returns scopes in the order that users read. `offline_access` is last: "this access" in its sentence means
 * the lines above it.
 */
export const asShown = (scopes: readonly string[]): string[] => [
  ...scopes.filter((name) => name !== 'offline_access'),
  ...scopes.filter((name) => name === 'offline_access'),
]

/** A place that a redirect URI leads to. */
export interface Place {
  place: string
  /**
   * Kind of the address of an app on the device: a scheme, or a loopback address, where any program may
   * listen.
   */
  device?: 'scheme' | 'address'
}

/** Returns the place that a redirect URI leads to, and whether it is on the device. */
export function shownPlaceOf(redirectUri: string): Place {
  const place = placeOf(redirectUri)
  if (isLoopback(redirectUri)) return { place, device: 'address' }
  return redirectUri.startsWith('https:') ? { place } : { place, device: 'scheme' }
}

/**
 * Returns the place of a redirect URI for the screen: a host, or the scheme of an app on the device. The text
 * after a private-use scheme is left out, because it may look like the host of a website.
 */
export function placeOf(redirectUri: string): string {
  const { host, protocol } = new URL(redirectUri)
  return /^https?:/.test(protocol) ? host : protocol.slice(0, -1)
}
