import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type DescribedStack, describeStacks } from './describe-stacks.ts'

/** An account with one stage and SES, as their APIs describe them. */
export interface MailAccount {
  stack: DescribedStack
  /** Responses of `GetEmailIdentity`, by identity. */
  identities: Record<string, object>
  /** Response of `GetAccount`. */
  account: object
  /** Pages of `ListSuppressedDestinations`. */
  suppressed: object[][]
  /** IAM actions that are denied. */
  denied: string[]
  /** Error of every operation of SES. */
  fault?: Fault
}

type Fault = [status: number, type: string, message: string]

const STAYS_MUTE = 'mute'

/**
 * Starts CloudFormation and SES of an account: `DescribeStacks` in the query protocol; `GetEmailIdentity`, `GetAccount` and
 * `ListSuppressedDestinations` of SES v2 as JSON over HTTP paths. Paths, members and errors are those of
 * https://docs.aws.amazon.com/ses/latest/APIReference-V2/. Times are seconds since 1970, as in all JSON of AWS.
 */
export async function startMailAccount(current: () => MailAccount | typeof STAYS_MUTE) {
  const asked: string[] = []
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString()
    const account = current()
    if (account === STAYS_MUTE) return
    if (request.method === 'POST') {
      const [status, text] = describeStacks(new URLSearchParams(body).get('StackName'), account.stack)
      response.writeHead(status).end(text)
      return
    }
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://ses')
    asked.push(request.url ?? '')
    const [status, result, type] = ses(account, pathname, searchParams.get('NextToken'))
    const headers = { 'Content-Type': 'application/json', ...(type && { 'x-amzn-ErrorType': type }) }
    response.writeHead(status, headers).end(JSON.stringify(result))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Paths and queries of all requests to SES. */
    asked,
    stop(): void {
      server.close()
      server.closeAllConnections()
    },
  }
}

type SesResponse = [status: number, result: object, errorType?: string]

const IDENTITY = /^\/v2\/email\/identities\/([^/]+)$/

function ses(account: MailAccount, path: string, nextToken: string | null): SesResponse {
  const name = decodeURIComponent(IDENTITY.exec(path)?.[1] ?? '')
  const [action, result] = name
    ? ['ses:GetEmailIdentity', account.identities[name]]
    : path === '/v2/email/account'
      ? ['ses:GetAccount', account.account]
      : ['ses:ListSuppressedDestinations', suppressedPage(account.suppressed, Number(nextToken ?? 0))]
  if (account.fault) return errorOf(...account.fault)
  if (account.denied.includes(action)) {
    const user = 'arn:aws:iam::123456789012:user/ada'
    return errorOf(403, 'AccessDeniedException', `User: ${user} is not authorized to perform this operation`)
  }
  if (result === undefined) return errorOf(404, 'NotFoundException', `Email identity ${name} does not exist.`)
  return [200, result]
}

const errorOf = (...[status, type, message]: Fault): SesResponse => [status, { message }, type]

function suppressedPage(pages: object[][], number: number): object {
  const next = number + 1 < pages.length ? { NextToken: String(number + 1) } : {}
  return { SuppressedDestinationSummaries: pages[number] ?? [], ...next }
}
