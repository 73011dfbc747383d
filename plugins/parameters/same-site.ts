import { getDomain } from 'tldts'

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
