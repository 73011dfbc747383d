import { ServiceError } from '../../lib/errors.ts'

/** What the process ends with, by what came of the command. */
export const EXIT_STATUS = { done: 0, refused: 1, usage: 2, failed: 3, interrupted: 130 } as const

type Outcome = keyof typeof EXIT_STATUS

/** A command that was not carried out, or not wholly. Its message is the one line that the operator sees. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly outcome: Outcome
  constructor(outcome: Outcome, message: string) {
    super(message)
    this.outcome = outcome
  }
}

/** What to look at first, by AWS's error type or node's error code. */
const HINTS: Record<string, string> = {
  ECONNREFUSED: 'Is the service running there?',
  ResourceNotFoundException: 'Is this stage deployed in this region?',
  ExpiredTokenException: 'Sign in to AWS again.',
  UnrecognizedClientException: 'Are these the credentials of the right account?',
}

/**
 * Puts whatever ended a command into the words of a {@link Refusal}.
 *
 * @param error - From this program, the store, the argument parser or a prompt.
 */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error
  if (!(error instanceof Error)) return new Refusal('failed', String(error))
  // Prompts end so at Ctrl-C.
  if (error.name === 'ExitPromptError') return new Refusal('interrupted', 'Interrupted: nothing was changed.')
  if (error instanceof ServiceError && error.cause instanceof Error) {
    const { name, message } = error.cause
    const what = message.includes(name) ? message : `${name} ${message}`.trim()
    const who = error.message.startsWith('kms ') ? 'KMS' : 'The store'
    return new Refusal('failed', sentences(`${who} failed`, what, HINTS[name]))
  }
  return new Refusal('failed', sentences('Failed', error.message))
}

/** One line: errors of AWS and of its credential chain may come in several. */
function sentences(what: string, detail: string, hint?: string): string {
  const line = `${what}: ${detail.replace(/\s+/g, ' ').replace(/\.$/, '')}.`
  return hint === undefined ? line : `${line} ${hint}`
}
