import type { Config } from '../config.ts'
import type { LimitSetting } from '../settings.ts'
import { type Counter, counter, partitionOf, type Subject } from './counter.ts'

/** Limits on wrong passwords, by setting. */
export type Limits = Config<LimitSetting>

/** Returns the key of the mark that a source is known to a login name. */
export const knownSourceKey = (loginName: string, source: string) => ({
  pk: { S: partitionOf({ loginName }) },
  sk: { S: `known#${source}` },
})

/**
 * Returns the counter of a subject and a source, which an attempt reserves first.
 *
 * @param source - See {@link sourceOf}.
 */
export const pairCounter = (subject: Subject, source: string, limits: Limits, now: Date): Counter =>
  counter(partitionOf(subject), `attempts#${source}`, limits.LIMIT_USER_AND_SOURCE, now)

/** The source of an attempt. */
interface AttemptSource {
  /** See {@link sourceOf}. */
  source: string
  /** Whether the login name has signed in from the source before. */
  isKnown: boolean
}

/**
 * Returns the counters of the source and of the subject, which an attempt reserves next.
 *
 * A source that has signed in with the name before has counters that strangers cannot use up.
 */
export function furtherCounters(
  subject: Subject,
  { source, isKnown }: AttemptSource,
  limits: Limits,
  now: Date,
): Counter[] {
  const partition = partitionOf(subject)
  return isKnown
    ? [
        counter(`source#${source}`, 'attempts#known', limits.LIMIT_KNOWN_SOURCE, now),
        counter(partition, `attempts#known#${source}`, limits.LIMIT_USER_AND_KNOWN_SOURCE, now),
      ]
    : [
        counter(`source#${source}`, 'attempts', limits.LIMIT_SOURCE, now),
        counter(partition, 'attempts', limits.LIMIT_USER, now),
      ]
}
