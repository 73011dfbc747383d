import { randomUUID } from 'node:crypto'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import { text } from 'node:stream/consumers'

/** The account that the local AWS belongs to. */
export const ACCOUNT = '123456789012'

/** Region of operators' commands, which do not know the region of the local service. */
export const OPERATOR_REGION = 'local'

/** A request whose credentials have been checked. */
export interface RestRequest {
  method: string
  /** Path and query, as sent. */
  path: string
  headers: IncomingHttpHeaders
  body: string
}

/** A response. Without a body, the response is empty. */
export interface RestResponse {
  status: number
  headers?: Record<string, string>
  body?: object
}

/** An error of a service: its type and HTTP status by the service's API reference, and further members. */
export class RestError extends Error {
  readonly type: string
  readonly status: number
  readonly body: object

  constructor(type: string, status: number, message: string, body: object = { message }) {
    super(message)
    this.type = type
    this.status = status
    this.body = body
  }
}

/** Returns the error of a path that the service does not have. */
export const unknownOperation = () => new RestError('UnknownOperationException', 404, '')

/**
 * Creates a server of AWS's REST-JSON protocol.
 *
 * @param service - Name that requests must be signed for.
 * @param region - Region that requests must be signed for.
 * @param respond - Returns the response, or throws a {@link RestError}.
 * @returns A server that does not listen yet.
 * @see https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html
 */
export function restServer(
  service: string,
  region: string,
  respond: (request: RestRequest) => RestResponse | Promise<RestResponse>,
): Server {
  return createServer(async (request, response) => {
    const { method = '', url: path = '', headers } = request
    const respondToRequest = async (): Promise<Sent> => {
      const body = await text(request)
      checkCredentialScope(headers, service, region)
      return respond({ method, path, headers, body })
    }
    const { status, type, headers: more, body } = await respondToRequest().catch(errorResponse)
    response.writeHead(status, {
      'x-amzn-RequestId': randomUUID(),
      ...more,
      ...(type && { 'x-amzn-ErrorType': type }),
      ...(body && { 'Content-Type': 'application/json' }),
    })
    response.end(body && JSON.stringify(body))
  })
}

/** A response, with the type of its error if it is one. */
type Sent = RestResponse & { type?: string }

function errorResponse(error: unknown): Sent {
  if (error instanceof RestError) return error
  console.error(error)
  return { type: 'InternalFailure', status: 500, body: { message: '' } }
}

/**
 * Checks that the request is signed for this day, region and service (Signature Version 4).
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
 */
function checkCredentialScope(headers: IncomingHttpHeaders, service: string, region: string): void {
  const { authorization, 'x-amz-date': date } = headers
  if (authorization === undefined) {
    throw new RestError('MissingAuthenticationTokenException', 403, 'Missing Authentication Token')
  }
  const [, scope = ''] = /^AWS4-HMAC-SHA256 Credential=[^/,]+\/([^,]+),/.exec(authorization) ?? []
  const [day, ofRegion, ofService, terminator] = scope.split('/')
  const faults = [
    day !== String(date).slice(0, 8) && 'Date in Credential scope does not match the date of the request.',
    ![region, OPERATOR_REGION].includes(String(ofRegion)) && `Credential should be scoped to a valid region.`,
    ofService !== service && `Credential should be scoped to correct service: '${service}'.`,
    terminator !== 'aws4_request' && `Credential should be scoped with a valid terminator: 'aws4_request'.`,
  ]
  const message = faults.filter((fault) => fault !== false).join(' ')
  if (message !== '') throw new RestError('InvalidSignatureException', 403, message)
}
