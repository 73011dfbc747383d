/** A whole response. */
export interface HttpResponse {
  status: number
  body: string
  /** Error type, if the service has it in a header. */
  errorType?: string | undefined
}

/**
 * The failure of an attempt. Its name is AWS's error type or node's error code. It has a status if a whole response
 * came, and the codes of DynamoDB's cancellation reasons if a transaction was cancelled.
 */
export type Failure = Error & { status?: number; reasons?: readonly string[] }

export const failure = (name: string, message: string, status?: number): Failure =>
  Object.assign(new Error(message), status === undefined ? { name } : { name, status })

/** AWS error types, and codes of cancellation reasons, after which a retry may succeed. The first six are the AWS SDKs' list. */
const TRANSIENT = new Set([
  'ThrottlingException',
  'ThrottledException',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'TooManyRequestsException',
  'LimitExceededException',
  'TransactionConflictException',
  'TransactionInProgressException',
  'TransactionConflict',
  'ThrottlingError',
  'ProvisionedThroughputExceeded',
])

/** Whether a retry may succeed: always, except if AWS has read the request and rejected it. */
export function isRetryable(error: unknown): boolean {
  const { name, status, reasons = [] } = error as Failure
  // A failed condition decides, even if another write of the transaction met a conflict.
  if (reasons.includes('ConditionalCheckFailed')) return false
  if (status === undefined || status === 200 || status === 429 || status >= 500) return true
  return [name, ...reasons].some((code) => TRANSIENT.has(code))
}

/**
 * Returns the output of a response.
 *
 * @throws Failure, if the response is an error, cannot be read, or lacks some of the requested keys.
 */
export function readOutput({ status, body, errorType }: HttpResponse): Record<string, unknown> {
  // Lambda accepts an asynchronous invocation with an empty body.
  if (status === 202 && body === '') return {}
  const output = parse(body)
  if (output === undefined && errorType === undefined) {
    throw failure('UnreadableResponse', 'the response is not a JSON object', status)
  }
  if (status === 200 && output !== undefined) {
    // A busy DynamoDB leaves keys of a batch unprocessed, but still responds with 200. The whole batch is
    // read again.
    const { UnprocessedKeys } = output
    if (!isObject(UnprocessedKeys) || Object.keys(UnprocessedKeys).length === 0) return output
    throw failure('UnprocessedKeys', 'the response is without some of the items', status)
  }
  const { __type, message, Message, CancellationReasons }: Record<string, unknown> = output ?? {}
  // Some services send a namespace before the type:
  // "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException". Others send a URL after it:
  // "BadRequestException:http://internal.amazon.com/coral/com.amazonaws.sesv2/".
  const type = String(errorType ?? __type ?? 'UnknownError').replace(/^.*#|:.*$/g, '')
  const reasons = (CancellationReasons as { Code: string }[] | undefined)?.map(({ Code }) => Code)
  throw Object.assign(failure(type, String(message ?? Message ?? ''), status), reasons && { reasons })
}

function parse(body: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
