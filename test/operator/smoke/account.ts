import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { asksWho, callerIdentity, describeStacks, type Response } from '../describe-stacks.ts'

/** A record in the log of a function. */
export interface LogRecord {
  stream: string
  message: string
}

interface Search {
  logGroupName: string
  filterPattern: string
  logStreamNames?: string[]
  nextToken?: string
}

const DENIED = JSON.stringify({
  __type: 'AccessDeniedException',
  Message: 'User: ada is not authorized to perform: logs:FilterLogEvents',
})

const STACK = 'serverless-jwt-auth-dev'

/**
 * Starts CloudFormation and CloudWatch Logs of an account with the stage `dev`: `DescribeStacks` in the query protocol
 * and `FilterLogEvents` in JSON, for a filter pattern of text in quotes.
 *
 * @param outputs - Returns the outputs of the stack.
 * @param recordsOf - Returns the records of a log group, or `undefined` if the operator may not read it.
 */
export async function startAccount(
  outputs: () => Record<string, string>,
  recordsOf: (group: string) => LogRecord[] | undefined,
) {
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString()
    const [status, text] =
      request.headers['x-amz-target'] === 'Logs_20140328.FilterLogEvents'
        ? filterLogEvents(JSON.parse(body), recordsOf)
        : asksWho(body)
          ? callerIdentity()
          : describeStacks(new URLSearchParams(body).get('StackName'), {
              name: STACK,
              outputs: outputs(),
            })
    response.writeHead(status).end(text)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop(): void {
      server.close()
      server.closeAllConnections()
    },
  }
}

function filterLogEvents(search: Search, recordsOf: (group: string) => LogRecord[] | undefined): Response {
  const { logGroupName, filterPattern, logStreamNames, nextToken } = search
  const records = recordsOf(logGroupName)
  if (records === undefined) return [400, DENIED]
  // The first page of a search may be empty.
  if (nextToken === undefined) return [200, JSON.stringify({ events: [], nextToken: 'more' })]
  const [, words = ''] = /^"([^"]+)"$/.exec(filterPattern) ?? []
  const events = records
    .filter(({ stream }) => logStreamNames === undefined || logStreamNames.includes(stream))
    .filter(({ message }) => message.includes(words))
    .map(({ stream, message }) => ({ logStreamName: stream, message }))
  return [200, JSON.stringify({ events })]
}
