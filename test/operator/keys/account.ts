import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type DescribedStack, describeStacks, type Response } from '../describe-stacks.ts'

/** The stage of an account, as its APIs describe it. */
interface Description {
  signing: string
  published: string
  /** When the keys were created, in ISO 8601. */
  a?: string
  b?: string
  changedAt: string
  status?: string
  /** Name of the stack, if not that of the keys. */
  stack?: string
}

const NAME = 'serverless-jwt-auth-prod'

/**
 * Starts CloudFormation and KMS of an account, with the operations that the state of the keys is read from:
 * `DescribeStacks` and `DescribeStackEvents` in the query protocol, `DescribeKey` in JSON.
 */
export async function startAccount() {
  let stage: Description | undefined
  const server = createServer(async (request, response) => {
    const body = await readAll(request)
    const target = request.headers['x-amz-target']
    const [status, text] =
      target === undefined ? cloudFormation(new URLSearchParams(body), stage) : kms(body, stage)
    response.writeHead(status).end(text)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    describe(as: Description): void {
      stage = as
    },
    reset(): void {
      stage = undefined
    },
    stop(): void {
      server.close()
      server.closeAllConnections()
    },
  }
}

function cloudFormation(input: URLSearchParams, stage: Description | undefined): Response {
  const name = input.get('StackName')
  if (input.get('Action') === 'DescribeStacks') return describeStacks(name, stage && stackOf(stage))
  const event = (at?: string) => `<member><StackName>${name}</StackName><Timestamp>${at}</Timestamp></member>`
  if (name !== (stage?.stack ?? NAME)) return describeStacks(name, undefined)
  const events = `${event(stage?.changedAt)}${event('2027-01-01T00:00:00.000Z')}`
  const result = `<DescribeStackEventsResult><StackEvents>${events}</StackEvents></DescribeStackEventsResult>`
  return [200, `<DescribeStackEventsResponse>${result}</DescribeStackEventsResponse>`]
}

function stackOf({
  signing,
  published,
  status = 'UPDATE_COMPLETE',
  stack = NAME,
}: Description): DescribedStack {
  const outputs = { SigningKey: signing, PublishedKeys: published, TokenTtlSeconds: '1800' }
  return { name: stack, outputs, status }
}

function kms(body: string, stage: Description | undefined): Response {
  const keys = new Map([
    [`alias/${NAME}-auth-a`, stage?.a],
    [`alias/${NAME}-auth-b`, stage?.b],
  ])
  const madeAt = keys.get(String(JSON.parse(body).KeyId))
  if (madeAt === undefined) {
    return [400, JSON.stringify({ __type: 'NotFoundException', message: 'Alias is not found.' })]
  }
  return [200, JSON.stringify({ KeyMetadata: { CreationDate: Date.parse(madeAt) / 1000 } })]
}

async function readAll(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}
