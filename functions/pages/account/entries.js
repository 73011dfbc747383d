// What a list shows of a session, an app and an event, on the pages /account and /admin-console.

import { make } from '../form.js'
import { itemsOf, nameIn } from '../scopes.js'
import { say } from '../words.js'
import { dayOf, hourOf, minuteOf } from './days.js'
import { whatOf, whoOf } from './wording.js'

// The first one in a user agent counts. Most name several: Edge also names Chrome and Safari.
const BROWSERS = { Edg: 'Edge', OPR: 'Opera', Firefox: 'Firefox', Chrome: 'Chrome', Safari: 'Safari' }
const SYSTEMS = {
  iPhone: 'iPhone',
  iPad: 'iPad',
  Android: 'Android',
  Windows: 'Windows',
  Macintosh: 'macOS',
  CrOS: 'ChromeOS',
  Linux: 'Linux',
}

const MAX_CHARACTERS = 80

/** Describes a device by its user agent. The client chooses that, so it may be any text. */
export function deviceOf(userAgent) {
  const find = (names) => Object.entries(names).find(([part]) => userAgent.includes(part))?.[1]
  const [browser, system] = [find(BROWSERS), find(SYSTEMS)]
  return browser && system
    ? say('{program} on {system}', { program: browser, system })
    : userAgent.slice(0, MAX_CHARACTERS) || say('Unknown device')
}

/** Returns an element with the parts of an entry. */
function textOf(...parts) {
  const text = make('div', '')
  text.append(...parts)
  return text
}

/** Returns a row of a list. @param button - Empty for an entry without one. */
export function rowWith(text, button = '') {
  const row = make('li', '')
  row.append(text, button)
  return row
}

export function textOfSession({ createdAt, lastUsedAt, sourceIp, userAgent, current, deviceBound }) {
  const isUsed = !current && lastUsedAt !== createdAt
  const facts = { address: sourceIp, time: minuteOf(createdAt), used: hourOf(lastUsedAt) }
  return textOf(
    make('strong', deviceOf(userAgent)),
    current ? make('span', say('This device'), 'badge') : '',
    deviceBound ? make('span', say('Tied to its device'), 'badge') : '',
    make(
      'p',
      isUsed
        ? say('{address} · Signed in {time}, last used {used}', facts)
        : say('{address} · Signed in {time}', facts),
      'hint',
    ),
  )
}

/** Returns the name of an app. The name of an unregistered app is in quotes, because anybody can write it. */
export const nameOfApp = (app) =>
  app.id.startsWith('URL_') ? say('“{name}”', { name: app.name }) : nameIn(app)

export function textOfApp({ places, scopes, approvedAt, lastUsedAt, ...app }) {
  const facts = { places: places.join(', '), day: dayOf(approvedAt), used: lastUsedAt && hourOf(lastUsedAt) }
  const may = make('ul', '', 'scopes')
  may.append(...itemsOf(scopes))
  return textOf(
    make('strong', nameOfApp(app)),
    make(
      'p',
      lastUsedAt
        ? say('{places} · First signed in {day}, last used {used}', facts)
        : say('{places} · First signed in {day}', facts),
      'hint',
    ),
    may,
  )
}

/** @param voice - The words for the reader. */
export function textOfEvent(event, voice) {
  const { at, sourceIp, userAgent = '' } = event
  const who = sourceIp ? `${sourceIp} · ${deviceOf(userAgent)}` : whoOf(event)
  return textOf(
    make('strong', whatOf(event, voice)),
    make('p', [who, minuteOf(at)].filter(Boolean).join(' · '), 'hint'),
  )
}
