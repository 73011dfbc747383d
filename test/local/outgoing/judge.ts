import { globSync, readFileSync } from 'node:fs'
import { HTTP } from 'cloudevents'
import { ROLES } from '../../../lib/application/roles.ts'
import type { AuthEventType } from '../../../lib/events/auth-event.ts'
import { OUTGOING } from '../../../lib/events/outgoing.ts'
import type { DetailOf } from '../../../lib/events/types.ts'
import { API } from '../../../lib/oauth/apis/api.ts'
import { CLIENT, CLIENT_TYPES, isClientId } from '../../../lib/oauth/clients/client.ts'
import { CLIENT_SECRETS } from '../../../lib/oauth/clients/secret.ts'
import { ROWS } from '../../../lib/openapi/routes/rows.ts'
import { AMR } from '../../../lib/users/factors.ts'
import { isUserId, PROFILE } from '../../../lib/users/user.ts'
import { START } from '../../../project/commands.ts'
import { root } from '../../support/process/service-description.ts'

/** Source of the events that this file checks. */
export const SOURCE = 'https://issuer.example'

/** Returns whether a value is one that a member may have in an event of a type. */
type Rule = (value: unknown, type: AuthEventType, actor: unknown) => boolean

const oneOf = (words: Iterable<unknown>) => {
  const set = new Set(words)
  return (value: unknown) => set.has(value)
}
const matching = (pattern: RegExp) => (value: unknown) => typeof value === 'string' && pattern.test(value)
const optional =
  (rule: Rule): Rule =>
  (value, ...more) =>
    value === undefined || rule(value, ...more)

const isId = (value: unknown) => typeof value === 'string' && isUserId(value)
const isHash = matching(/^[\w-]{43}$/)
/** Operators choose it, or it is the URL of the client's document. Partitions have the hash of the URL. */
const isClient = (value: unknown) =>
  isClientId(value) || isHash(value) || matching(/^https?:\/\/[!-~]+$/)(value)

/** Routes, commands, and what acts without one. */
const VIAS = new Set([
  ...ROWS.map(({ method, path }) => `${method.toUpperCase()} ${path}`),
  ...commands(),
  START,
  'smoke',
])

/** The closed lists of `lib/events/types.ts`. A detail that no list has is an unknown word. */
const DETAILS: { [T in AuthEventType]?: readonly DetailOf<T>[] } = {
  'user.created': ROLES,
  'user.updated': [
    ...ROLES,
    ...(['added', 'replaced', 'removed', 'elapsed', 'requested', 'withdrawn', 'cancelled', 'reset'] as const),
    ...(['disabled', 'enabled', 'sessions-ended', 'signed-out-everywhere'] as const),
    ...(['proved-by-mail', 'proved-by-passkey'] as const),
  ],
  'session.created': Object.values(AMR).map((words) => [words].flat().join(' ')),
  'session.renewed': Object.values(AMR).map((words) => [words].flat().join(' ')),
  'session.ended': ['signed-out', 'ended', 'replaced'],
  'factor.required': ['second-factor', 'enrolment', 'more', 'mail-second-factor', 'mail-enrolment'],
  'grant.ended': ['token-reused', 'code-reused', 'session-ended', 'revoked'],
  'act.started': ['support', 'bug', 'abuse', 'test'],
  'client.created': CLIENT_TYPES,
  'client.updated': ['disabled', 'enabled', 'grants-ended', 'secret-added', 'secrets-ended'],
}

/** Names of attributes and of factors. */
const isChange = oneOf([
  ...[PROFILE, CLIENT, CLIENT_SECRETS, API].flatMap(Object.keys),
  ...['passkey', 'totp', 'recovery-codes', 'enrolment-code', 'factor-reset', 'identities'],
])

const MEMBERS: Record<string, Rule> = {
  specversion: oneOf(['1.0']),
  id: matching(/^[\w-]{22}$/),
  source: oneOf([SOURCE]),
  type: oneOf(OUTGOING.all),
  subject: (value, type) =>
    (type.startsWith('client.') ? isClient : type.startsWith('api.') ? isHash : isId)(value),
  time: matching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
  datacontenttype: oneOf(['application/json']),
}

const isOfAccount = oneOf(['user', 'administrator'])

const DATA: Record<string, Rule> = {
  actor: oneOf(['user', 'operator', 'administrator', 'client', 'system']),
  actorId: (value, _, actor) =>
    actor === 'client' ? isClient(value) : isOfAccount(actor) ? isId(value) : value === undefined,
  via: oneOf(VIAS),
  changes: optional((value) => Array.isArray(value) && value.every(isChange)),
  detail: optional((value, type) => oneOf(DETAILS[type] ?? [])(value)),
  ref: optional((value, type) => /^(grant|consent)\./.test(type) && isClient(value)),
  // The first characters are the second of its start, if it is in a cookie of other pages.
  session: optional(matching(/^([0-9a-f]{8})?[\w-]{22}$/)),
}

/**
 * Returns what an event has that is no id and no word of a closed list, such as `data.detail: ada`, or how it breaks CloudEvents 1.0. So no
 * name, address, source, browser, ticket, ARN or token can be in it.
 *
 * @param json - The `Detail` of an entry of `PutEvents`.
 */
export function faultsOf(json: string): string[] {
  const { data, ...members } = JSON.parse(json)
  const type = members.type ?? 'An event'
  const faults = (values: object, rules: Record<string, Rule>, path: string) =>
    Object.entries({ ...Object.fromEntries(Object.keys(rules).map((name) => [name, undefined])), ...values })
      .filter(([name, value]) => rules[name]?.(value, type, Object(data).actor) !== true)
      .map(([name, value]) => `${type} has ${path}${name}: ${JSON.stringify(value)}`)
  return [...faults(members, MEMBERS, ''), ...faults(Object(data), DATA, 'data.'), ...refusedBy(json)]
}

/** Returns the reason why the SDK of CloudEvents refuses an event, if it does. */
function refusedBy(body: string): string[] {
  try {
    Object(HTTP.toEvent({ headers: { 'content-type': 'application/cloudevents+json' }, body })).validate()
    return []
  } catch (error) {
    return [`the SDK of CloudEvents refuses ${body}: ${error}`]
  }
}

/** Returns the commands of operators as `via` has them, such as `users set-role`: each program with each quoted word in `scripts`. */
function commands(): string[] {
  const files = globSync('scripts/**/*.ts', { cwd: root })
  const words = files
    .flatMap((file) => [...readFileSync(`${root}/${file}`, 'utf8').matchAll(/'([a-z]+(?:-[a-z]+)*)'/g)])
    .map(([, word]) => word)
  return ['users', 'clients', 'providers', 'events'].flatMap((program) =>
    words.map((word) => `${program} ${word}`),
  )
}
