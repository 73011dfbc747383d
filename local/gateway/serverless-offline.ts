import { validateHeaderName, validateHeaderValue } from 'node:http'
import type { Outcome } from '../lambda/function-thread.ts'
import { portTaken } from '../ports.ts'
import { type Notes, notesOfEvent, printable } from '../request-log.ts'
import { remapped } from './gateway-rules.ts'
import { addCookies, dropUnverified, isHttpApiEvent } from './http-api.ts'

/** Principal of a route without an authorizer. serverless-offline gives such an event one, and API Gateway does not. */
export const NO_AUTHORIZER = 'no authorizer'

interface Runner {
  run(event: unknown, context: unknown): Promise<unknown>
  cleanup(): unknown
}

/** Errors that functions threw, and their messages: serverless-offline logs both of them again. */
const reportedErrors = new WeakSet<Error>()
const reportedMessages = new Set<unknown>()

/** Whether a value is a message that the request's line already has. A message is left out once for each error. */
const isReported = (value: unknown): boolean =>
  (value instanceof Error && reportedErrors.has(value)) || reportedMessages.delete(value)

/** Loads a module of serverless-offline. */
export const load = (file: string) => import(new URL(file, import.meta.resolve('serverless-offline')).href)

/**
 * Takes over what serverless-offline prints. It prints nothing by itself from here on. What functions log and
 * throw goes to the notes of the request.
 *
 * What a function logs without a request, such as an authorizer of the project, is printed.
 *
 * It has no option for that. Its modules are replaced in three places: its log, its table of routes, and the call that
 * runs a function in a thread. `test/local` shows that each of them still fits.
 *
 * @param root - Folder of the service, which is left out of paths in stacks.
 * @param keyOf - Returns the key of a function in `serverless.yml`, by its deployed name.
 */
export async function quietServerlessOffline(
  root: string,
  httpPort: number,
  keyOf = (functionName: string) => functionName,
): Promise<void> {
  const { setLogUtils } = await load('utils/log.js')
  const { default: HttpServer } = await load('events/http/HttpServer.js')
  const { default: Runner }: { default: { prototype: Runner } } = await load(
    'lambda/handler-runner/worker-thread-runner/WorkerThreadRunner.js',
  )
  HttpServer.prototype.writeRoutesTerminal = () => {}
  const ignore = () => {}
  const warning = (...values: unknown[]) => values.length > 0 && console.warn(...values)
  const error = (...values: unknown[]) => printError(values, httpPort)
  setLogUtils({ log: { debug: ignore, info: ignore, notice: ignore, verbose: ignore, warning, error } })

  const { run, cleanup } = Runner.prototype
  const running = new WeakMap<Runner, Promise<unknown>>()
  // A reload ends the threads. A request that is running would get no response until its timeout.
  Runner.prototype.cleanup = async function () {
    const end = () => cleanup.call(this)
    running.get(this)?.then(end, end) ?? end()
  }
  Runner.prototype.run = async function (original, context) {
    const { event, notes: ofRequest, requestId } = notesOfEvent(original)
    const notes = ofRequest ?? []
    dropAdded(event)
    restoreResource(event)
    const withId = requestId === undefined ? context : { ...Object(context), awsRequestId: requestId }
    const name = keyOf(Object(context).functionName)
    const invocation = run.call(this, event, withId)
    running.set(this, invocation)
    // Rejected if the function has no outcome, because of its time or its thread.
    const outcome = (await invocation.catch((lost: Error) => ({ notes: [], lost }))) as Outcome & {
      lost?: Error
    }
    notes.push(...outcome.notes.map((note) => withShortStack(note, root)))
    const thrown = outcome.lost ?? ('thrown' in outcome ? errorOf(outcome.thrown) : undefined)
    // The authorizer's way to say 401.
    const isUnauthorized = Object(event).type === 'TOKEN' && thrown?.message === 'Unauthorized'
    if (outcome.lost) notes.push(`${name} ${outcome.lost.message}`)
    else if (thrown && !isUnauthorized) {
      notes.push(`${name} threw ${withShortStack(String(thrown.stack), root)}`)
    }
    if (ofRequest === undefined) print(notes)
    if (thrown !== undefined) failed.add(notes)
    if (thrown === undefined) return asSent(event, outcome.returned, notes, name)
    reportedErrors.add(thrown)
    reportedMessages.add(thrown.message)
    throw thrown
  }
}

/**
 * Removes what serverless-offline adds to an event, and API Gateway does not: the `Content-Type` of JSON in a request without one,
 * and an authorizer where the route has none. A page of any site can send a body without a type and without a preflight.
 */
function dropAdded(event: unknown): void {
  const { headers, multiValueHeaders, requestContext } = Object(event)
  if (isHttpApiEvent(event)) {
    dropUnverified(requestContext)
    addCookies(Object(event))
  }
  if (multiValueHeaders && !('Content-Type' in multiValueHeaders)) delete headers['Content-Type']
  if (requestContext?.authorizer?.principalId === NO_AUTHORIZER) delete requestContext.authorizer
}

/**
 * Gives an event the path of its route. serverless-offline removes the name of the stage from it, also at the beginning of `/device/start`
 * in the stage `dev`, where it puts no stage before a path.
 */
function restoreResource(event: unknown): void {
  const { requestContext, resource } = Object(event)
  const path = requestContext?.resourcePath
  if (isHttpApiEvent(event) || typeof resource !== 'string' || typeof path !== 'string') return
  // hapi writes `{proxy*}` for the gateway's `{proxy+}`.
  Object.assign(Object(event), { resource: path.replace('*', '+') })
}

const errorOf = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)))

function print(notes: Notes): void {
  for (const line of notes.flatMap((note) => note.split('\n'))) console.log(printable(line))
}

/** Notes of requests whose function threw or had no outcome. */
const failed = new WeakSet<Notes>()

/** Whether the function of the request with these notes has failed. */
export const hasFailed = (notes: Notes): boolean => failed.has(notes)

const setCookies = new WeakMap<Notes, string>()

/** Returns what a function returned, with the headers of a response as a REST API sends them; nothing, if it is no response. */
function asSent(event: unknown, returned: unknown, notes: Notes, name: string): unknown {
  // An HTTP API renames no header.
  if (isHttpApiEvent(event)) return returned
  const fault = typeof Object(event).httpMethod === 'string' ? faultOfResponse(returned) : undefined
  if (fault !== undefined) {
    notes.push(`${name} returned ${fault}`)
    return undefined
  }
  const { headers } = Object(returned)
  if (!headers) return returned
  return { ...Object(returned), headers: takeSetCookie(remapped(headers), notes) }
}

/** Says why API Gateway calls a response of a proxy malformed: https://repost.aws/knowledge-center/malformed-502-api-gateway */
function faultOfResponse(returned: unknown): string | undefined {
  if (returned === null) return 'null, which is no response'
  if (typeof returned !== 'object') return `${typeof returned}, which is no response`
  const { statusCode = 200, body, headers } = returned as Record<string, unknown>
  const status = Number(statusCode)
  if (!Number.isInteger(status) || status < 100 || status > 599) return 'an invalid statusCode'
  if (body !== undefined && body !== null && typeof body !== 'string') {
    return 'a body that is no text: use JSON.stringify'
  }
  if (headers !== undefined && typeof headers !== 'object') return 'headers that are no object'
  const invalid = Object.entries(Object(headers)).find(([name, value]) => !isHeader(name, value))
  return invalid && `an invalid header ${invalid[0]}`
}

function isHeader(name: string, value: unknown): boolean {
  try {
    validateHeaderName(name)
    validateHeaderValue(name, String(value))
    return true
  } catch {
    return false
  }
}

/** Takes `Set-Cookie` out of the headers of a response, because hapi would write another one. */
function takeSetCookie(headers: Record<string, unknown>, notes: Notes): Record<string, unknown> {
  const name = Object.keys(headers).find((one) => one.toLowerCase() === 'set-cookie')
  if (name === undefined) return headers
  const { [name]: value, ...others } = headers
  setCookies.set(notes, String(value))
  return others
}

/** Returns the `Set-Cookie` of the response to the request with these notes, as its function wrote it. */
export const setCookieOf = (notes: Notes): string | undefined => setCookies.get(notes)

function printError(values: unknown[], httpPort: number): void {
  const [message, error] = values
  if (isReported(message) || /^Unhandled (exception in handler|Lambda Error)/.test(String(message))) return
  if (Object(error).code === 'EADDRINUSE') console.error(portTaken(httpPort, httpPort + 100))
  else console.error(...values)
}

/** Returns a text without the stack lines of Node.js and this folder, and with paths from the service's folder. */
function withShortStack(text: string, root: string): string {
  const lines = text
    .split('\n')
    .filter((line) => !/^ *at .*(serverless-offline\/|local\/function-thread|\(?node:)/.test(line))
  return lines.join('\n').replaceAll(`file://${root}/`, '').replaceAll(`${root}/`, '')
}
