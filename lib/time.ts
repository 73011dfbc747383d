/** Returns the whole second since the epoch that an instant lies in. */
export const secondOf = (instant: Date): number => Math.floor(instant.getTime() / 1000)

/** Returns a second since the epoch as an ISO 8601 time. */
export const isoOf = (second: number): string => new Date(second * 1000).toISOString()

/** Returns the first second of the hour of a second since the epoch. */
export const wholeHour = (second: number): number => second - (second % 3600)
