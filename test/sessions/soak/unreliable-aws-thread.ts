import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { Agent, createServer, request as forward, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { startLocalAws } from '../../../local/aws.ts'
import type { Command, FaultCounts, UnreliableAwsData } from './unreliable-aws.ts'

const { resources, region, faultsPercent }: UnreliableAwsData = workerData

/** Retries of a failed call fail more often than other calls. Otherwise no call would fail three times in a row. */
const RETRY_FAULTS_PERCENT = 50

/** More retries than are under way at once. Of a call that is not retried, nothing is kept for long. */
const MAX_REMEMBERED = 64

/** How late a call takes effect: before the client's timeout of a second, or after it. */
const LATE_MS = [200, 2_500] as const

const HEADERS = { 'Content-Type': 'application/x-amz-json-1.0', 'x-amzn-RequestId': 'fault' }

const error = (status: number, type: string) => ({ status, body: JSON.stringify({ __type: `x#${type}` }) })

const FAULTS = {
  'is throttled': error(400, 'ThrottlingException'),
  'fails with 500': error(500, 'InternalServerError'),
  'meets a stale socket': undefined,
  'loses its response': undefined,
  'takes effect late': undefined,
} as const

type Fault = keyof typeof FAULTS
const NAMES = Object.keys(FAULTS) as Fault[]

const local = await startLocalAws(resources, region)
const agent = new Agent({ keepAlive: true })
const counts: FaultCounts = { calls: 0, ...Object.fromEntries(NAMES.map((name) => [name, 0])) }
const failedBodies = new Set<string>()
let percent = faultsPercent
let underWay = 0

function faultOf(body: string): Fault | undefined {
  const isRetry = failedBodies.delete(body)
  if (randomInt(100) >= (isRetry && percent > 0 ? RETRY_FAULTS_PERCENT : percent)) return undefined
  failedBodies.add(body)
  if (failedBodies.size > MAX_REMEMBERED) failedBodies.delete([...failedBodies][0] ?? '')
  return NAMES[randomInt(NAMES.length)]
}

/** Sends a call to the real store or KMS. */
async function passOn(
  call: IncomingMessage,
  body: string,
): Promise<{ received: IncomingMessage; text: Buffer }> {
  const { headers } = call
  const isOfKms = String(headers['x-amz-target']).startsWith('TrentService')
  const { kms, dynamodb } = local.settings.endpoints
  const sent = forward(isOfKms ? kms : dynamodb, { method: 'POST', headers, agent }).end(body)
  try {
    const [received] = (await once(sent, 'response')) as [IncomingMessage]
    return { received, text: Buffer.concat(await received.toArray()) }
  } catch (error) {
    // The server closed an idle connection at this very moment, and has not seen the call.
    if (sent.reusedSocket) return passOn(call, body)
    throw error
  }
}

const server = createServer(async (request, response) => {
  underWay += 1
  const body = Buffer.concat(await request.toArray()).toString()
  const fault = faultOf(body)
  counts.calls = (counts.calls ?? 0) + 1
  if (fault !== undefined) counts[fault] = (counts[fault] ?? 0) + 1
  const instead = fault && FAULTS[fault]
  if (instead !== undefined) {
    response.writeHead(instead.status, HEADERS).end(instead.body)
  } else if (fault === 'meets a stale socket') {
    response.destroy()
  } else {
    if (fault === 'takes effect late') await sleep(randomInt(...LATE_MS))
    const { received, text } = await passOn(request, body)
    if (fault === 'loses its response') response.destroy()
    else response.writeHead(received.statusCode ?? 500, received.headers).end(text)
  }
  underWay -= 1
})
await once(server.listen(0, '127.0.0.1'), 'listening')

parentPort?.on('message', async (command: Command) => {
  if (command === 'recover') {
    percent = 0
    // What is late still takes effect.
    while (underWay > 0) await sleep(50)
  }
  parentPort?.postMessage(counts)
})
parentPort?.postMessage({
  url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  dynamoDbUrl: local.settings.endpoints.dynamodb.href,
})
