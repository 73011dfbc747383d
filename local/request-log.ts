import { randomUUID } from 'node:crypto'

/** What the log says of one request beyond its first columns. Functions and the gateway add to it. */
export type Notes = string[]

const ofContexts = new WeakMap<object, Notes>()
const ofIds = new Map<string, Notes>()

/** Member of the event of an authorizer or the mailer with its request id. It is removed before the function runs. */
const REQUEST_ID = 'localRequestId'

/**
 * Connects a request's notes with the event that serverless-offline makes of the request.
 *
 * @param context - The authorizer context, which becomes `requestContext.authorizer` of the event or a member of it: the same object.
 */
export function connectNotes(context: object, notes: Notes): void {
  ofContexts.set(context, notes)
}

/**
 * Invokes a function with notes: an authorizer with those of the request that it decides on.
 *
 * @param invoke - Gets the event to send.
 * @param requestId - For the context of the function. No two invocations at the same time have the same.
 */
export async function invokeWithNotes<T>(
  event: object,
  notes: Notes,
  invoke: (event: object) => Promise<T>,
  requestId: string = randomUUID(),
): Promise<T> {
  ofIds.set(requestId, notes)
  try {
    return await invoke({ ...event, [REQUEST_ID]: requestId })
  } finally {
    ofIds.delete(requestId)
  }
}

/** Returns the notes of the request that an event belongs to, the event as the function gets it, and its request id if it has one. */
export function notesOfEvent(event: unknown): {
  event: unknown
  notes: Notes | undefined
  requestId?: string
} {
  const { [REQUEST_ID]: requestId, ...rest } = Object(event)
  if (typeof requestId === 'string') return { event: rest, notes: ofIds.get(requestId), requestId }
  const authorizer = Object(Object(event).requestContext?.authorizer)
  // An HTTP API has the context in a member.
  return { event, notes: ofContexts.get(authorizer) ?? ofContexts.get(Object(authorizer.lambda)) }
}

/**
 * Returns the lines of one request: method, path, status, milliseconds and notes on the first line, then the stacks.
 *
 * The query is not in it.
 */
export function requestLines(
  request: { method: string; path: string; status: number | string | undefined; ms: number },
  notes: Notes,
): string {
  const { method, path, status, ms } = request
  return linesOf([method.toUpperCase(), path, status ?? 'aborted', `${ms} ms`], notes)
}

/**
 * Returns columns and notes as one line, then the stacks of the notes.
 *
 * Nothing that looks like a token is in it. Control characters are escaped, so a request cannot forge a line or write to the
 * terminal.
 */
export function linesOf(columns: readonly (string | number)[], notes: Notes): string {
  const first = notes.map((note) => note.split('\n', 1)[0])
  const stacks = notes.flatMap((note) => note.split('\n').slice(1))
  return [[...columns, ...first].join(' '), ...stacks.map((line) => `  ${line.trim()}`)]
    .map(printable)
    .join('\n')
}

/** A JSON Web Token, whole or cut off, or a refresh token. */
const TOKEN = /eyJ[\w-]{10,}(?:\.[\w-]*)*|[\w-]{40,}(?:\.[\w-]*)*/g

/** Returns a line for the terminal, without tokens. */
export const printable = (line: string): string => escapeControls(line.replace(TOKEN, '<token>'))

/** Escapes control characters and those that change the direction of writing. Tokens stay. */
export function escapeControls(line: string): string {
  return line.replace(/[\p{C}\u2028\u2029]/gu, (char) => {
    const code = Number(char.codePointAt(0))
    return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`
  })
}
