// Times that count down.

import { language } from './words.js'

/** Returns the whole seconds until an instant, rounded up: 0 means that it has passed. */
export const secondsUntil = (instantMs) => Math.max(0, Math.ceil((instantMs - Date.now()) / 1000))

const partsOf = (seconds) => [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]

export const clock = (seconds) => {
  const parts = partsOf(seconds)
  const shown = parts[0] > 0 ? parts : parts.slice(1)
  return shown.map((part, index) => String(part).padStart(index > 0 ? 2 : 1, '0')).join(':')
}

/** Returns a time in words for screen readers. */
export const inWords = (seconds, locale = language) => {
  const parts = partsOf(seconds).flatMap((count, index) => {
    const unit = ['hour', 'minute', 'second'][index]
    return count > 0 ? count.toLocaleString(locale, { style: 'unit', unit, unitDisplay: 'long' }) : []
  })
  return new Intl.ListFormat(locale, { type: 'unit', style: 'narrow' }).format(parts)
}
