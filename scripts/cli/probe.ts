import { once } from 'node:events'
import * as http from 'node:http'
import * as https from 'node:https'
import { Refusal } from './refusal.ts'

const TIMEOUT_MS = 3_000

/** What finds the address. */
const OTHERWISE = 'Leave --endpoint out: --local finds the local service.'

/**
 * Checks that a DynamoDB listens at the address that an operator gave. DynamoDB sends a request id with every response, also with the
 * error that an unsigned request gets.
 *
 * @throws {@link Refusal} `failed`, with the next command to type.
 */
export async function expectDynamoDb(url: URL): Promise<void> {
  const secure = url.protocol === 'https:'
  const port = url.port || (secure ? '443' : '80')
  const signal = AbortSignal.timeout(TIMEOUT_MS)
  const request = (secure ? https : http).request(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-amz-json-1.0', 'X-Amz-Target': 'DynamoDB_20120810.ListTables' },
    signal,
  })
  request.end('{}')
  try {
    const [response]: http.IncomingMessage[] = await once(request, 'response')
    response?.destroy()
    if (response?.headers['x-amzn-requestid'] !== undefined) return
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ECONNREFUSED') {
      throw new Refusal('failed', `Nothing listens on port ${port}. ${OTHERWISE}`)
    }
    if (code === 'ENOTFOUND') throw new Refusal('failed', `Host ${url.hostname} does not exist.`)
    if (signal.aborted) throw new Refusal('failed', `Port ${port} is open, but sends no response.`)
  }
  throw new Refusal('failed', `Port ${port} is open, but it is not DynamoDB. ${OTHERWISE}`)
}
