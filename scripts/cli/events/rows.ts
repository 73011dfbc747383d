import type { AuditEvent } from '../../../lib/events/event.ts'
import type { DetailOf, EventType } from '../../../lib/events/types.ts'
import { printable, table, wrap } from '../terminal/table.ts'

/** Names of users by id, and identifiers of APIs by their partition, as far as they exist. */
export type NamesById = ReadonlyMap<string, string>

/** What happened, by the type. An empty text: the values that changed say it. */
const SENTENCES: Record<EventType, string> = {
  'session.created': 'signed in',
  'session.renewed': 'signed in again',
  'session.ended': 'session ended',
  'session.reused': 'session ended: a replaced token came again',
  'factor.required': 'correct password, second factor pending',
  'grant.created': 'signed in to',
  'grant.ended': 'grant ended: a code or token came again at',
  'consent.given': 'consented to',
  'consent.revoked': 'removed the access of',
  'user.created': 'created',
  'user.updated': '',
  'user.deleted': 'deleted',
  'user.viewed': 'account viewed',
  'mail.requested': 'link for a new password requested',
  'act.started': 'an administrator acts as the user',
  'invitation.created': 'invited',
  'users.exported': 'exported all users',
  'users.searched': 'searched users',
  'client.created': 'created',
  'client.updated': '',
  'client.deleted': 'deleted',
  'api.created': 'created',
  'api.updated': '',
  'api.deleted': 'deleted',
  'provider.created': 'created',
  'provider.updated': '',
  'provider.deleted': 'deleted',
}

/** What happened, where the detail says more. */
const WITH_DETAIL: Partial<Record<string, string>> = {
  'session.ended signed-out': 'signed out',
  'session.ended replaced': 'session replaced by another sign-in',
  'factor.required more': 'correct password, second factor pending; more in this hour are not listed',
  'factor.required mail-second-factor': 'mail, second factor pending',
  'factor.required mail-enrolment': 'mail, second factor pending',
  'user.updated disabled': 'disabled',
  'user.updated enabled': 'enabled',
  'user.updated sessions-ended': 'all sessions ended',
  'user.updated signed-out-everywhere': 'signed out everywhere',
  'grant.ended revoked': 'signed out by the app itself:',
  'grant.ended session-ended': 'grant ended with its session at',
  'client.updated disabled': 'disabled',
  'client.updated enabled': 'enabled',
  'client.updated grants-ended': 'all grants ended',
  'client.updated secret-added': 'new secret',
  'client.updated secrets-ended': 'new secret, earlier ones ended',
  'provider.updated disabled': 'disabled',
  'provider.updated enabled': 'enabled',
  'provider.updated secret-replaced': 'new secret',
} satisfies { [T in EventType as `${T} ${DetailOf<T>}`]?: string }

/**
 * Formats events, each in a row: when (local time), whose account, what, from where and by whom. Below a row stands what
 * does not fit: the browser, and the ARN of an operator.
 */
export function shownEvents(events: readonly AuditEvent[], names: NamesById, width: number): string {
  const rows = events.map((event) => [
    localTimeOf(event.at),
    subjectOf(event, names),
    whatOf(event),
    event.sourceIp ?? '',
    byOf(event, names),
  ])
  const [head, ...lines] = table(['when', 'who', 'what', 'from', 'by'], rows, Infinity).trimEnd().split('\n')
  const blocks = events.map((event, index) => {
    const more = [event.userAgent, event.actor === 'operator' ? event.actorId : undefined].filter(Boolean)
    const below = more.map((line) => `  ${wrap(printable(String(line)), width, '  ')}\n`).join('')
    return `${lines[index]}\n${below}`
  })
  return `${head}\n${blocks.join('')}`
}

/** The types whose detail is a role. */
export const WITH_ROLE: readonly EventType[] = ['user.created', 'invitation.created']

/** Returns what happened, in a few words. */
function whatOf({ type, detail, ref, changes, failures }: AuditEvent): string {
  const role = detail !== undefined && WITH_ROLE.includes(type) ? `: ${printable(detail)}` : ''
  const sentence = WITH_DETAIL[`${type} ${detail}`] ?? SENTENCES[type]
  const after = failures ? `, after ${failures} wrong ${failures === 1 ? 'password' : 'passwords'}` : ''
  if (type === 'users.exported' && ref !== undefined) return `exported ${detail} users for ${printable(ref)}`
  const app = ref === undefined ? '' : ` ${printable(ref)}`
  if (sentence) return `${sentence}${role}${app}${after}`
  return `${changes.join(', ') || type}${detail === undefined ? '' : `: ${printable(detail)}`}`
}

/** Returns what an event concerns: an account by its name, or by the id of a user who does not exist any longer; a client; an API; a provider. */
const subjectOf = ({ subject }: AuditEvent, names: NamesById): string => {
  const [kind, id = ''] = subject.split('#')
  if (kind === 'user') return names.get(id) ?? id
  if (kind === 'client') return `client ${id}`
  if (kind === 'provider') return `provider ${id}`
  if (kind === 'url-client') return `client ${names.get(subject) ?? ''}`.trim()
  if (kind === 'api') return names.get(subject) ?? 'an API'
  return kind === 'mail' ? 'an invitation' : 'the service'
}

/** Returns by whom and by what an event was made. */
function byOf({ actor, actorId = '', subject, via }: AuditEvent, names: NamesById): string {
  const isOther = actor === 'administrator' || (actor === 'user' && subject !== `user#${actorId}`)
  if (isOther) return `${names.get(actorId) ?? actorId}, ${via}`
  return actor === 'user' ? via : `${actor}, ${via}`
}

/** Formats an ISO 8601 time for people, in the zone of this machine. */
function localTimeOf(iso: string): string {
  const at = new Date(iso)
  const [month, day, hour, minute, second] = [
    at.getMonth() + 1,
    at.getDate(),
    at.getHours(),
    at.getMinutes(),
    at.getSeconds(),
  ].map((part) => String(part).padStart(2, '0'))
  return `${at.getFullYear()}-${month}-${day} ${hour}:${minute}:${second}`
}
