import type { APIGatewayProxyResult } from 'aws-lambda'

/**
 * Allows files of this origin only: no inline code, no `eval`, no other origin, no frames (CSP Level 3). Also
 * forbids forms that the browser submits without a script, because such a form would put the password into
 * the URL.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ')

/** Content types by extension of a file. */
const CONTENT_TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
}

/** Returns the response with a text, by the extension that its file has. The language of HTML depends on the request. */
export const textResponse = (
  extension: string,
  cacheControl: string,
  body: string,
): APIGatewayProxyResult => ({
  statusCode: 200,
  headers: {
    'Content-Type': String(CONTENT_TYPES[extension]),
    'Cache-Control': cacheControl,
    'Content-Security-Policy': CONTENT_SECURITY_POLICY,
    // A page that opens one of these gets no reference to its window, and vice versa.
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
    Vary: extension === 'html' ? 'Accept-Encoding, Accept-Language, Origin' : 'Accept-Encoding, Origin',
  },
  body,
})

/** The browser requires CORS to import a module of another origin. The text is public. */
export function publicModule(text: string): APIGatewayProxyResult {
  const { headers, ...response } = textResponse('js', 'public, max-age=300', text)
  return { ...response, headers: { ...headers, 'Access-Control-Allow-Origin': '*' } }
}
