import { getDomain } from 'tldts'
import type { Parameters } from '../framework.d.ts'

/**
 * Returns the first origin that is not on the same site as a URL: another scheme or another registrable domain (HTML
 * standard, section 7.1.1.1). A browser sends it no cookie with `SameSite`.
 */
export function foreignOrigin(origins: readonly string[], url: string): string | undefined {
  const site = siteOf(url)
  return origins.find((origin) => siteOf(origin) !== site)
}

/** Returns scheme and registrable domain. The port does not belong to a site. */
function siteOf(url: string): string {
  const { protocol, hostname } = new URL(url)
  // Localhost, IP addresses and public suffixes have no such domain. Each host is a site.
  return `${protocol}//${getDomain(hostname, { allowPrivateDomains: true }) ?? hostname}`
}

/** Reports addresses between which a browser sends no session cookie. Other rules report values that are no URLs. */
export function faultsOfSites(parameters: Parameters, ownUrl: string | undefined): string[] {
  const { cookieSessions, publicUrl, issuer } = parameters
  const origins = String(parameters.allowedOrigins ?? '')
  const named = ['', '*'].includes(origins) ? [] : origins.split(',')
  const url = publicUrl ?? issuer ?? ownUrl
  const all = [...named, publicUrl, issuer].filter((one) => one !== null && one !== undefined)
  if (cookieSessions !== 'on' || !all.every((one) => URL.canParse(String(one)))) return []
  if (url === undefined) {
    const fault =
      'The parameter allowedOrigins needs a publicUrl on the same site, because cookieSessions is on.'
    return named.length > 0 ? [fault] : []
  }
  const foreign = foreignOrigin(named, String(url))
  return [
    ...(issuer && foreignOrigin([String(issuer)], String(url))
      ? [
          `The parameter publicUrl must be on the same site as the issuer ${issuer}, because cookieSessions is on.`,
        ]
      : []),
    ...(foreign
      ? [
          `The parameter allowedOrigins has ${foreign}, which is not on the same site as ${url}: cookieSessions=on needs that.`,
        ]
      : []),
  ]
}

/**
 * Reports a deployment where no sign-in with a provider can begin or end: a provider leads to `publicUrl`, and the cookie of the sign-in
 * is on the pages of the service. A developer's machine may have a `publicUrl` that leads to it.
 */
export function faultsOfProviders(parameters: Parameters, ownUrl: string | undefined): string[] {
  const { federation, pages, publicUrl, issuer } = parameters
  if (federation !== 'on') return []
  if (pages !== 'on') {
    return ['The parameter federation needs pages=on, because users choose a provider on a page.']
  }
  if (ownUrl !== undefined || !URL.canParse(String(publicUrl))) return []
  const { origin } = new URL(String(publicUrl))
  if (URL.canParse(String(issuer)) && new URL(String(issuer)).origin === origin) return []
  return [
    `The parameter federation needs the service's own pages at publicUrl, because providers lead there. Set issuer to a URL at ${origin} that leads to this service, leave publicUrl out, or set federation=off.`,
  ]
}
