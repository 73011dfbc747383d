import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

/** The stage of an account, as its APIs describe it. */
interface Description {
  signing: string
  published: string
  /** When the keys were created, in ISO 8601. */
  a?: string
  b?: string
  changedAt: string
  status?: string
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

function cloudFormation(
  input: URLSearchParams,
  stage: Description | undefined,
): [status: number, text: string] {
  const [action, name] = [input.get('Action'), input.get('StackName')]
  if (stage === undefined || name !== NAME) {
    const message = `Stack with id ${name} does not exist`
    const error = `<Error><Type>Sender</Type><Code>ValidationError</Code><Message>${message}</Message></Error>`
    return [400, `<ErrorResponse>${error}</ErrorResponse>`]
  }
  const { signing, published, changedAt, status = 'UPDATE_COMPLETE' } = stage
  const outputs = { SigningKey: signing, PublishedKeys: published, TokenTtlSeconds: '1800' }
  const members = Object.entries(outputs).map(
    ([key, value]) => `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`,
  )
  const stack = `<StackName>${name}</StackName><StackStatus>${status}</StackStatus><Outputs>${members.join('')}</Outputs>`
  const event = (at: string) => `<member><StackName>${name}</StackName><Timestamp>${at}</Timestamp></member>`
  const result =
    action === 'DescribeStacks'
      ? `<Stacks><member>${stack}</member></Stacks>`
      : `<StackEvents>${event(changedAt)}${event('2027-01-01T00:00:00.000Z')}</StackEvents>`
  return [200, `<${action}Response><${action}Result>${result}</${action}Result></${action}Response>`]
}

function kms(body: string, stage: Description | undefined): [status: number, text: string] {
  const keys = new Map([
    [`alias/${NAME}-a`, stage?.a],
    [`alias/${NAME}-b`, stage?.b],
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
