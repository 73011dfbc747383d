import type { APIGatewayProxyEvent } from 'aws-lambda'
import { headerOf } from './headers.ts'

/** As for a query with its question mark: the gateway takes 8,192 characters for a URL. */
const MAX_BYTES = 4_095

/** What a browser writes for a form, and nothing that could end the URL or the header. */
const QUERY = /^[!"$-~]*$/

const FORM = /^application\/x-www-form-urlencoded\s*(;|$)/i

/** Returns the form of a request as it was sent; `undefined` for another body, or one over 4 KiB. */
export function sentForm({ headers, body, isBase64Encoded }: APIGatewayProxyEvent): string | undefined {
  const text = Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8').toString('latin1')
  const isQuery = FORM.test(headerOf(headers, 'content-type')) && text.length <= MAX_BYTES && QUERY.test(text)
  return isQuery ? text : undefined
}
