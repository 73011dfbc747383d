// Instants in the language and the time zone of the browser.

const DAY = { year: 'numeric', month: 'short', day: 'numeric', hour: 'numeric' }
const timeIn = (format) => (instant) => new Date(instant).toLocaleString(undefined, format)
/** Returns the day of an instant. */
export const dayOf = timeIn({ year: 'numeric', month: 'short', day: 'numeric' })
export const minuteOf = timeIn({ ...DAY, minute: '2-digit' })
/** The service shows the hour of the last use, not the minute. */
export const hourOf = timeIn(DAY)
