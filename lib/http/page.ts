import { hash } from 'node:crypto'
import type { APIGatewayProxyResult } from 'aws-lambda'
import { ServiceError } from '../errors.ts'
import { apiHandler } from './handler.ts'

/**
 * Allows files of this origin only: no inline code, no `eval`, no other origin, no frames (CSP Level 3).
 * Also forbids forms that the browser submits itself, because such a form would put the password into the URL.
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
 * Creates the Lambda handler of a page and its files: `GET /name`, and `GET /name/{file}` for each file.
 *
 * File names contain a hash of the content, so caches may store files permanently (RFC 8246). Caches
 * revalidate the page, which contains these names. The gateway compresses both
 * (`minimumCompressionSize`). With a trailing slash, the page would resolve its relative file names to
 * wrong paths, so that path is not found.
 *
 * @param name - Path of the page, without slashes.
 * @param html - The page. It refers to its files as `"name/file"`, relative to its own path, with or without a stage.
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
    served.set(
      hashed,
      textResponse(String(CONTENT_TYPES[extension]), 'public, max-age=31536000, immutable', text),
    )
  }
  const wholePage = textResponse('text/html; charset=utf-8', 'no-cache', page)

  return apiHandler(async ({ pathParameters, requestContext }) => {
    const file = pathParameters?.file
    const found = file === undefined ? wholePage : served.get(file)
    if (found === undefined || requestContext.path.endsWith('/'))
      throw new ServiceError('not_found', 'no such file of the page')
    return found
  })
}

const textResponse = (contentType: string, cacheControl: string, body: string): APIGatewayProxyResult => ({
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
