import { type AuditEvent, CLIENT_EVENT_TYPES, EVENT_TYPES } from '../../../lib/events/event.ts'
import { Refusal } from '../../cli/refusal.ts'

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
  const isShaped = count !== undefined || /^\d{4}-\d\d-\d\d/.test(given)
  if (isShaped && !Number.isNaN(instant.getTime())) return instant.toISOString()
  throw new Refusal('usage', `Invalid time ${given}. Use 24h, 7d, 2026-01-31 or 2026-01-31T12:00.`)
}

/** Which events a command shows. */
export interface EventFilter {
  /** A type, or its first word: `session`. */
  type?: string
  /** Attributes of which one changed. */
  changes?: string[]
  /** Part of the ARN or of the id of who acted. */
  by?: string
}

/**
 * Reads `--type`.
 *
 * @throws {@link Refusal} `usage`
 */
export function readType(given: string): string {
  const types = [...EVENT_TYPES, ...CLIENT_EVENT_TYPES]
  if (types.some((type) => type === given || type.startsWith(`${given}.`))) return given
  throw new Refusal(
    'usage',
    `Invalid --type. Use one of ${types.join(', ')}, or session, factor, user, client, api.`,
  )
}

/** Whether an event is one that a command shows. */
export const isShown = (event: AuditEvent, { type, changes, by }: EventFilter): boolean =>
  (type === undefined || event.type === type || event.type.startsWith(`${type}.`)) &&
  (changes === undefined || changes.some((name) => event.changes.includes(name))) &&
  (by === undefined || event.actorId?.includes(by) === true)
