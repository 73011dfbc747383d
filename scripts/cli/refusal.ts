import { ServiceError } from '../../lib/errors.ts'

/** Exit statuses by outcome. docs/RUNNING-ACCOUNTS.md lists them. */
export const EXIT_STATUS = { done: 0, refused: 1, usage: 2, failed: 3, interrupted: 130 } as const

type Outcome = keyof typeof EXIT_STATUS

/** The reason why a command was not carried out, or only in part. The operator sees its message as one line. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly outcome: Outcome
  constructor(outcome: Outcome, message: string) {
    super(message)
    this.outcome = outcome
  }
}

/** What the operator checks first, by AWS's error type or node's error code. */
const HINTS: Record<string, string> = {
  ECONNREFUSED: 'Is the service running there?',
  ResourceNotFoundException: 'Is this stage deployed in this region?',
  ExpiredTokenException: 'Sign in to AWS again.',
  UnrecognizedClientException: 'Are these the credentials of the right account?',
}

/** What AWS says where the policy of a table denies a call: see `plugins/rights/wall.ts`. */
const DENIED_BY_TABLE = /explicit deny in a resource-based policy/

/** Returns what to check first after an error of AWS. */
const hintOf = ({ name, message }: Error): string | undefined =>
  DENIED_BY_TABLE.test(message)
    ? 'The parameter operators must have the ARN of this role or user, without a pattern if it is of the project.'
    : HINTS[name]

/**
 * Converts any error of a command into a {@link Refusal}.
 *
 * @param error - Of this program, the store or a prompt.
 */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error
  if (!(error instanceof Error)) return new Refusal('failed', String(error))
  // The prompts throw this at Ctrl-C.
  if (error.name === 'ExitPromptError') return new Refusal('interrupted', 'Interrupted. Nothing was changed.')
  const needed = /^Cannot find package '(@aws-sdk\/[a-z0-9-]+)'/.exec(error.message)?.[1]
  if (needed !== undefined) {
    return new Refusal(
      'failed',
      `This command needs the package ${needed}. Run: npm install --save-dev ${needed}`,
    )
  }
  const cause = error instanceof ServiceError && error.cause instanceof Error ? error.cause : error
  const host = /getaddrinfo (?:ENOTFOUND|EAI_AGAIN) (\S+)/.exec(cause.message)?.[1]
  if (host !== undefined) return unknownHost(host)
  if (cause !== error) {
    const { name, message } = cause
    const what = message.includes(name) ? message : `${name} ${message}`.trim()
    const service = error.message.startsWith('kms ') ? 'KMS' : 'The store'
    return new Refusal('failed', sentences(`${service} failed`, what, hintOf(cause)))
  }
  // The SDK could not read the response.
  if (error.message.includes('{error}.$response')) {
    return new Refusal(
      'failed',
      'The response is not one of AWS. Check AWS_ENDPOINT_URL and a proxy, if you use them.',
    )
  }
  return new Refusal('failed', sentences('Failed', error.message, hintOf(error)))
}

/** The name of a region is a part of the names of AWS's hosts. */
function unknownHost(host: string): Refusal {
  const region = /^[a-z-]+\.([a-z0-9-]+)\.(?:amazonaws|api\.aws)\b/.exec(host)?.[1]
  const what = region === undefined ? '' : ` Is ${region} a region of AWS?`
  return new Refusal('failed', `Host ${host} was not found.${what} Is there a network?`)
}

/** Joins to one line: errors of AWS and of its credential chain may have several. */
function sentences(what: string, detail: string, hint?: string): string {
  const line = `${what}: ${detail.replace(/\s+/g, ' ').replace(/\.$/, '')}.`
  return hint === undefined ? line : `${line} ${hint}`
}
