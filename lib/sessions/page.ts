import { ServiceError } from '../errors.ts'

/** Details of the 403 responses to requests that may not use the session cookie. */
export const COOKIE_REFUSALS = {
  no_json: 'A request with the session cookie must have the Content-Type application/json.',
  foreign_site: 'The session cookie needs the header Sec-Fetch-Site: same-origin or same-site.',
  foreign_origin: 'The session cookie needs an Origin that the service allows by name.',
}

/** Facts about the page that sends a request, and the page's session cookie. */
export interface CookieRequest {
  /** The header `Sec-Fetch-Site`; empty without one. */
  site: string
  /** The header `Origin`; empty without one. */
  origin: string
  /** Origins whose pages may call the service. With `*`, no page of another origin may use the cookie. */
  allowedOrigins: readonly string[]
  /** The refresh token in the cookie; empty if there is no cookie, or more than one. */
  refreshToken: string
}

/**
 * Requires that a request comes from a page of the service's own origin, or of an allowed origin on the same
 * site. Browsers write both headers themselves, and no page can change them (W3C Fetch Metadata, section 2.4;
 * Fetch standard, section 3.2).
 *
 * @throws {@link ServiceError} `forbidden`. Its detail names the header.
 */
export function requireOwnPage({ site, origin, allowedOrigins }: Omit<CookieRequest, 'refreshToken'>): void {
  if (site === 'same-origin') return
  if (site !== 'same-site') {
    throw cookieRefusal('foreign_site')
  }
  if (origin === '*' || !allowedOrigins.includes(origin)) {
    throw cookieRefusal('foreign_origin')
  }
}

/** Returns the error of a request that may not use the session cookie. */
export const cookieRefusal = (refusal: keyof typeof COOKIE_REFUSALS): ServiceError =>
  new ServiceError('forbidden', `session cookie: ${refusal}`, { detail: COOKIE_REFUSALS[refusal] })
