import { request } from 'node:http'
import { text } from 'node:stream/consumers'

/** Response of the Lambda API to an Invoke call. */
export interface Invocation {
  /** Whether the function returned. */
  isReturned: boolean
  /** What the function returned or threw, as JSON. */
  payload: string
}

/**
 * Invokes a function by the Lambda API.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 */
export function invokeFunction(socketPath: string, name: string, event: object): Promise<Invocation> {
  const path = `/2015-03-31/functions/${name}/invocations`
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, path, method: 'POST' }, async (response) => {
      const isReturned = response.statusCode === 200 && response.headers['x-amz-function-error'] === undefined
      resolve({ isReturned, payload: await text(response) })
    })
    call.on('error', reject).end(JSON.stringify(event))
  })
}
