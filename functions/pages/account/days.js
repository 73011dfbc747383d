// Instants in the language of the page, and in the time zone of the browser.

import { language } from '../words.js'

const DAY = { year: 'numeric', month: 'short', day: 'numeric', hour: 'numeric' }
const timeIn =
  (format) =>
  (instant, locale = language) =>
    new Date(instant).toLocaleString(locale, format)
/** Returns the day of an instant. */
export const dayOf = timeIn({ year: 'numeric', month: 'short', day: 'numeric' })
export const minuteOf = timeIn({ ...DAY, minute: '2-digit' })
/** The service shows the hour of the last use, not the minute. */
export const hourOf = timeIn(DAY)
