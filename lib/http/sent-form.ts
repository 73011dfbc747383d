import type { APIGatewayProxyEvent } from 'aws-lambda'
import { headerOf } from './headers.ts'

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
