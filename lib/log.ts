import { functionName } from './config.ts'

/** An event that a function logs: its name, and values that contain no secret. */
interface LoggedEvent {
  event: string
  [member: string]: unknown
}

/**
 * Logs an event as one record, which names the function: all functions share a log group. Lambda's JSON log format puts it under
 * `message`.
 */
export function logEvent(level: 'info' | 'warn' | 'error', event: LoggedEvent): void {
  const name = functionName()
  console[level](name === undefined ? event : { ...event, function: name })
}
