import { hash } from 'node:crypto'
import type { APIGatewayProxyResult } from 'aws-lambda'
import { ServiceError } from '../errors.ts'
import { apiHandler } from './handler.ts'

/**
 * Nothing inline, nothing evaluated, nothing of or to another origin, and in nobody's frame (CSP Level 3). Forms are for
 * scripts alone: one that the browser sent by itself would have the password in the URL.
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

const CONTENT_TYPES: Record<string, string> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
}

const HASH_CHARACTERS = 16

/**
 * Makes a Lambda handler for a page and its files: `GET /name`, and `GET /name/{file}` for each of them.
 *
 * Files are served under a name with a hash of their content, and may be kept for good (RFC 8246). The page, which
 * names them, is asked for anew each time. Compressing is the gateway's part (`minimumCompressionSize`). With a slash
 * behind it the page would look for its files in the wrong place, so there is none.
 *
 * @param name - Path of the page, without slashes.
 * @param html - The page. It names its files as `"name/file"`, relative to where it is served, stage or none.
 * @param files - Text by file name, which ends with one of {@link CONTENT_TYPES}.
 */
export function pageHandler(name: string, html: string, files: Record<string, string>) {
  const served = new Map<string, APIGatewayProxyResult>()
  let page = html
  for (const [file, text] of Object.entries(files)) {
    const digest = hash('sha256', text).slice(0, HASH_CHARACTERS)
    const [stem = '', extension = ''] = file.split(/\.(?=[^.]*$)/)
    const hashed = `${stem}-${digest}.${extension}`
    page = page.replaceAll(`"${name}/${file}"`, `"${name}/${hashed}"`)
    served.set(hashed, answer(String(CONTENT_TYPES[extension]), 'public, max-age=31536000, immutable', text))
  }
  const whole = answer('text/html; charset=utf-8', 'no-cache', page)

  return apiHandler(async ({ pathParameters, requestContext }) => {
    const file = pathParameters?.file
    const found = file === undefined ? whole : served.get(file)
    if (found === undefined || requestContext.path.endsWith('/'))
      throw new ServiceError('not_found', 'no such file of the page')
    return found
  })
}

const answer = (contentType: string, cacheControl: string, body: string): APIGatewayProxyResult => ({
  statusCode: 200,
  headers: {
    'Content-Type': contentType,
    'Cache-Control': cacheControl,
    'Content-Security-Policy': CONTENT_SECURITY_POLICY,
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
    Vary: 'Accept-Encoding, Origin',
  },
  body,
})
