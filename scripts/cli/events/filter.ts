import type { AuditEvent } from '../../../lib/events/event.ts'
import { ACCOUNT_EVENTS, CLIENT_EVENTS } from '../../../lib/events/types.ts'
import { PROVIDER, PROVIDER_SECRET } from '../../../lib/federation/provider.ts'
import { API } from '../../../lib/oauth/apis/api.ts'
import { CLIENT } from '../../../lib/oauth/clients/client.ts'
import { sourceOf } from '../../../lib/throttling/source.ts'
import { FACTORS } from '../../../lib/users/factors.ts'
import { PROFILE } from '../../../lib/users/user.ts'
import { didYouMean } from '../../../project/did-you-mean.ts'
import { Refusal } from '../refusal.ts'
import { WITH_ROLE } from './rows.ts'

const UNITS_MS: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }

/**
 * Reads `--since` or `--until`: a time before now, such as `90m`, `24h`, `7d` or `2w`, or a date or time of ISO 8601. One
 * without a zone is local.
 *
 * @throws {@link Refusal} `usage`
 */
export function readInstant(given: string, now: Date): string {
  const [, count, unit = ''] = /^(\d{1,4})([mhdw])$/.exec(given) ?? []
  const instant =
    count === undefined
      ? new Date(/^\d{4}-\d\d-\d\d$/.test(given) ? `${given}T00:00` : given)
      : new Date(now.getTime() - Number(count) * (UNITS_MS[unit] ?? 0))
  if (count !== undefined || isTime(given)) return instant.toISOString()
  throw new Refusal('usage', `Invalid time ${given}. Use 24h, 7d, 2026-01-31 or 2026-01-31T12:00.`)
}

/** Whether a text is a date or time of ISO 8601, of a day that exists. */
function isTime(given: string): boolean {
  const [, day] =
    /^(\d{4}-\d\d-\d\d)(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?)?$/.exec(given) ?? []
  if (day === undefined || Number.isNaN(Date.parse(given))) return false
  return new Date(`${day}T00:00Z`).toISOString().startsWith(day)
}

/**
 * Reads `--before`.
 *
 * @throws {@link Refusal} `usage`
 */
export function readPosition(given: string): string {
  if (/^\d{4}-\d\d-\d\dT[\d:.]+Z#[\w-]{22}$/.test(given)) return given
  throw new Refusal('usage', 'Invalid --before. Use the place that the page before ended with.')
}

/** Which events a command shows. */
export interface EventFilter {
  /** A type, or its first word: `session`. */
  type?: string
  /** Attributes of which one changed. */
  changes?: string[]
  /** Part of the ARN or of the id of who acted. */
  by?: string
  /** Source of the request, as `sourceOf` in `lib/throttling/source.ts` returns it. */
  from?: string
}

/**
 * Reads `--from`: an IPv4 address, or an IPv6 address, of which the /64 counts.
 *
 * @throws {@link Refusal} `usage`
 */
export function readSource(given: string): string {
  const source = sourceOf(given.replace(/::\/64$/, '::'))
  if (source !== 'unknown') return source
  throw new Refusal('usage', 'Invalid --from. Use an IP address such as 198.51.100.4 or 2001:db8::1.')
}

/**
 * Reads `--type`.
 *
 * @throws {@link Refusal} `usage`
 */
export function readType(given: string): string {
  const types = Object.keys({ ...ACCOUNT_EVENTS, ...CLIENT_EVENTS })
  const groups = new Set(types.map((type) => type.replace(/\..*/, '')))
  if ([...types, ...groups].includes(given)) return given
  const meant = didYouMean(given, [...types, ...groups])
  throw new Refusal(
    'usage',
    `Invalid --type. Use one of ${types.join(', ')}, or ${[...groups].join(', ')}.${meant}`,
  )
}

/** Names that events have for what changed. */
const CHANGES = [
  ...Object.keys(PROFILE),
  ...FACTORS,
  'recovery-codes',
  'factor-reset',
  'enrolment-code',
  ...Object.keys(CLIENT),
  ...Object.keys(API),
  ...Object.keys(PROVIDER),
  ...Object.keys(PROVIDER_SECRET),
]

/**
 * Reads `--changes`.
 *
 * @throws {@link Refusal} `usage`
 */
export function readChanges(given: string): string[] {
  const names = given.split(',')
  const unknown = names.find((name) => !CHANGES.includes(name))
  if (unknown === undefined) return names
  throw new Refusal(
    'usage',
    `Invalid --changes: no event has ${unknown}.${didYouMean(unknown, CHANGES) || ' Use a value such as role or passwordHash.'}`,
  )
}

/** Whether an event is one that a command shows. */
export const isShown = (event: AuditEvent, { type, changes, by, from }: EventFilter): boolean =>
  (type === undefined || event.type === type || event.type.startsWith(`${type}.`)) &&
  (changes === undefined ||
    changes.some((name) => event.changes.includes(name)) ||
    (changes.includes('role') && WITH_ROLE.includes(event.type))) &&
  (by === undefined || event.actorId?.includes(by) === true) &&
  (from === undefined || (event.sourceIp !== undefined && sourceOf(event.sourceIp) === from))
