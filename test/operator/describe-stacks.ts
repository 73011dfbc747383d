import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

/** A stack, as CloudFormation describes it. */
export interface DescribedStack {
  name: string
  outputs: Record<string, string>
  status?: string
}

/** Status and text of a response. */
export type Response = [status: number, text: string]

/** Responds to `DescribeStacks` in the query protocol, in an account with at most one stack. */
export function describeStacks(name: string | null, stack: DescribedStack | undefined): Response {
  if (stack === undefined || name !== stack.name) {
    const message = `Stack with id ${name} does not exist`
    const error = `<Error><Type>Sender</Type><Code>ValidationError</Code><Message>${message}</Message></Error>`
    return [400, `<ErrorResponse>${error}</ErrorResponse>`]
  }
  const { outputs, status = 'UPDATE_COMPLETE' } = stack
  const members = Object.entries(outputs).map(
    ([key, value]) => `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`,
  )
  const described = `<StackName>${name}</StackName><StackStatus>${status}</StackStatus><Outputs>${members.join('')}</Outputs>`
  const result = `<Stacks><member>${described}</member></Stacks>`
  return [
    200,
    `<DescribeStacksResponse><DescribeStacksResult>${result}</DescribeStacksResult></DescribeStacksResponse>`,
  ]
}

/** Responds to `GetCallerIdentity`. */
export const callerIdentity = (): Response => [
  200,
  `<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>${OPERATOR_ARN}</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>`,
]

/** The operator of {@link callerIdentity}. */
export const OPERATOR_ARN = 'arn:aws:iam::123456789012:user/grace'

/** Whether a request in the query protocol asks who calls. */
export const asksWho = (body: string): boolean =>
  new URLSearchParams(body).get('Action') === 'GetCallerIdentity'

/**
 * Starts an account with one stack until the test ends. Returns the environment of a command there.
 *
 * @param outputs - Of the stack; `undefined` if it may not be read.
 */
export const startStack = (name: string, outputs: Record<string, string> | undefined) =>
  startAccount(() =>
    outputs
      ? describeStacks(name, { name, outputs })
      : [403, '<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>'],
  )

/** Starts an account without stacks until the test ends. Returns the environment of a command there. */
export const startEmptyAccount = () =>
  startAccount((body) => describeStacks(new URLSearchParams(body).get('StackName'), undefined))

async function startAccount(respond: (body: string) => Response) {
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString()
    const [status, text] = asksWho(body) ? callerIdentity() : respond(body)
    response.writeHead(status, { 'Content-Type': 'text/xml' }).end(text)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return {
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  }
}
