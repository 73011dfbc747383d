import type { ApiRoute } from '../../../lib/http/handler.ts'
import { headerOf } from '../../../lib/http/headers.ts'
import { noContent } from '../../../lib/http/responses.ts'

/** As for a query with its question mark: the gateway takes 8,192 characters for a URL. */
const MAX_BYTES = 4_095

/** What a browser writes for a form, and nothing that could end the URL or the header. */
const QUERY = /^[!"$-~]*$/

const FORM = /^application\/x-www-form-urlencoded\s*(;|$)/i

/**
 * POST /oauth2/authorize: leads a form to the page, with the form as its query (OpenID Connect Core section 3.1.2.1, RFC 9110 section
 * 15.4.4). Another body, or a longer form, leads to the page without a query, which says what is wrong.
 */
export const route: ApiRoute<unknown> = async ({ headers, body, isBase64Encoded }) => {
  const text = Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8').toString('latin1')
  const isQuery = FORM.test(headerOf(headers, 'content-type')) && text.length <= MAX_BYTES && QUERY.test(text)
  return { ...noContent({ Location: isQuery ? `authorize?${text}` : 'authorize' }), statusCode: 303 }
}
