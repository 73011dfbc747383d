import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda'
import { ServiceError } from '../../errors.ts'
import { logFailure } from '../../log.ts'
import { isRepeated, type Parameters, readParameters } from '../../oauth/parameters.ts'
import { TOKEN_ERRORS, type TokenError, tokenRefusal } from '../../oauth/token/refusal.ts'
import { headerOf } from '../headers.ts'
import { json } from '../responses.ts'

const MAX_FORM_BYTES = 4_096

/**
 * Reads the form of a request of a client. Each name may occur once (RFC 6749 section 3.2).
 *
 * @throws {@link ServiceError} with the `error` `invalid_request`, or `invalid_target` for a repeated `resource`. No error contains
 *   any part of the body.
 */
export function readForm({ headers, body, isBase64Encoded }: APIGatewayProxyEvent): Parameters {
  if (!/^application\/x-www-form-urlencoded\s*(;|$)/i.test(headerOf(headers, 'content-type'))) {
    throw tokenRefusal('invalid_request', 'The Content-Type must be application/x-www-form-urlencoded.')
  }
  const bytes = Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8')
  if (bytes.length > MAX_FORM_BYTES) throw tokenRefusal('invalid_request', 'The body must not exceed 4 KiB.')
  const parameters = readParameters(bytes.toString('utf8'))
  const repeated = [...parameters.keys()].find((name) => isRepeated(parameters, name))
  if (repeated === 'resource') throw tokenRefusal('invalid_target', 'resource may stand once.')
  if (repeated !== undefined) throw tokenRefusal('invalid_request', 'Each parameter may stand once.')
  return parameters
}

const isTokenError = (error: string | undefined): error is TokenError =>
  error !== undefined && Object.hasOwn(TOKEN_ERRORS, error)

/**
 * Logs the failure of a request of a client, and returns its response (RFC 6749 section 5.2).
 *
 * @throws Errors that the client did not cause.
 */
export function clientProblem(error: unknown): APIGatewayProxyResult {
  if (!(error instanceof ServiceError) || !isTokenError(error.error)) throw error
  logFailure(error)
  const status = TOKEN_ERRORS[error.error]
  return json(
    status,
    { error: error.error, error_description: error.detail },
    // REST APIs rename this header of a function. Clients read the body.
    status === 401 ? { 'WWW-Authenticate': 'Basic realm="token"' } : {},
  )
}
