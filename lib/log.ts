import { functionName } from './config.ts'
import { PROBLEMS, ServiceError } from './errors.ts'

/** An event that a function logs: its name, and values that contain no secret. */
interface LoggedEvent {
  event: string
  [member: string]: unknown
}

/**
 * Logs an event as one record. The record names the function, because all functions share a log group.
 * Lambda's JSON log format puts the record under `message`.
 */
export function logEvent(level: 'info' | 'warn' | 'error', event: LoggedEvent): void {
  const name = functionName()
  console[level](name === undefined ? event : { ...event, function: name })
}

/**
 * Logs a failure as one structured record, under the event name of its code. Lambda's JSON log format keeps
 * the record's members.
 *
 * Failures with a status of 500 and more are logged as errors, the others as information.
 *
 * @returns The failure itself if it is a {@link ServiceError}, otherwise one with code `internal`.
 */
export function logFailure(error: unknown): ServiceError {
  const failure =
    error instanceof ServiceError ? error : new ServiceError('internal', 'unexpected error', { cause: error })
  const { event, code, message: reason, cause, log: more } = failure
  logEvent(PROBLEMS[code][0] >= 500 ? 'error' : 'info', {
    event,
    code,
    reason,
    ...more,
    ...(cause !== undefined && { cause: describe(cause, code === 'internal') }),
  })
  return failure
}

function describe(error: unknown, isUnexpected: boolean): string | undefined {
  if (!(error instanceof Error)) return undefined
  if (isUnexpected || error instanceof TypeError || error instanceof RangeError) return error.stack
  // Minification changes the class names of libraries' errors, but not their codes.
  return `${(error as NodeJS.ErrnoException).code ?? error.name}: ${error.message}`
}
