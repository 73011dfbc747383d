import type { APIGatewayProxyEvent } from 'aws-lambda'
import { headerOf } from '../headers.ts'

/** The limit of a query with its question mark: the gateway accepts 8,192 characters for a URL. */
const MAX_BYTES = 4_095

/** The characters that a browser writes for a form. None of them could end the URL or the header. */
const QUERY = /^[!"$-~]*$/

const FORM = /^application\/x-www-form-urlencoded\s*(;|$)/i

/** Returns the unchanged form of a request. Returns `undefined` for another body, or one over 4 KiB. */
export function sentForm({ headers, body, isBase64Encoded }: APIGatewayProxyEvent): string | undefined {
  const text = Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8').toString('latin1')
  const isQuery = FORM.test(headerOf(headers, 'content-type')) && text.length <= MAX_BYTES && QUERY.test(text)
  return isQuery ? text : undefined
}

/** What a page takes from the response of an identity provider. Apple's first response also has the user's name. */
const OF_RESPONSE = ['code', 'state', 'iss', 'error']

/**
 * Returns the response that an identity provider has sent as a form, as a query. A repeated parameter stays, so that the service rejects
 * it. The query is empty if the request has no form, or one over 4 KiB.
 */
export function sentResponse(event: APIGatewayProxyEvent): string {
  if (event.httpMethod !== 'POST') return ''
  const form = new URLSearchParams(sentForm(event) ?? '')
  return String(new URLSearchParams([...form].filter(([name]) => OF_RESPONSE.includes(name))))
}
