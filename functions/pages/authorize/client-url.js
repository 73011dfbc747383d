// The URLs that the page may lead to. The service has compared them with those that the operator registered.
// The page checks again how a browser would read them.

const LOOPBACK = ['127.0.0.1', '[::1]', 'localhost']

/**
 * A domain in reverse order, such as `com.example.app:` (RFC 8252 section 7.1), or the scheme of an editor,
 * like in `lib/oauth/clients/redirect-uri.ts`. No scheme that browsers execute has a dot.
 */
const PRIVATE_USE = /^(?:[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+|cursor):$/

/**
 * Whether the page may lead to a URL: https, a loopback address, or the private-use scheme of an app on the device.
 *
 * `protocol` decides, because the browser acts on it. Browsers remove tabs and line breaks from a scheme, so
 * only printable ASCII is allowed.
 */
export function isClientUrl(text) {
  if (!/^[!-~]+$/.test(text) || !URL.canParse(text)) return false
  const { protocol, hostname } = new URL(text)
  if (protocol !== 'https:' && protocol !== 'http:') return PRIVATE_USE.test(protocol)
  // Without the slashes, the URL is relative to the page.
  if (!text.startsWith(`${protocol}//`)) return false
  return protocol === 'https:' || LOOPBACK.includes(hostname)
}
