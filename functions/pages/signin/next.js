// The next page after the sign-in.

/**
 * Returns the URL in `?next=` of the sign-in page, or nothing if the page may not lead there.
 *
 * A page that led anywhere would lend its name to an attacker's page (RFC 9700 section 4.11.1). The browser
 * parses the URL before its origin is compared: text such as `\\host` or `//host` has another origin after
 * parsing.
 *
 * @param page - URL of the sign-in page, with its query.
 * @param allowedOrigins - Other origins that the page may lead to.
 */
export function nextUrl(page, allowedOrigins) {
  const { origin, searchParams } = new URL(page)
  const next = searchParams.get('next')
  if (!next || !URL.canParse(next, page)) return undefined
  const url = new URL(next, page)
  // `blob:` URLs have the origin of the page that made them, so an allowed origin is not enough.
  const isWeb = url.protocol === 'https:' || url.protocol === 'http:'
  const isAllowed = url.origin === origin || allowedOrigins.includes(url.origin)
  return isWeb && isAllowed && !url.username && !url.password ? url.href : undefined
}

/**
 * Escapes in a relative URL for `?next=` only the characters with a meaning there. The gateway accepts 8,192
 * characters for a URL, and the request of an app has up to 4,096.
 */
export const escapeNext = (next) => next.replaceAll(/[%&+#]/g, encodeURIComponent)
