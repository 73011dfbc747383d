// What a list shows of a session, an app and an event, on the pages /account and /admin-console.

import { make } from '../form.js'
import { itemsOf, nameIn } from '../scopes.js'
import { listed, say } from '../words.js'
import { dayOf, hourOf, minuteOf } from './days.js'
import { lineOf, textOf } from './list.js'
import { failuresOf, whatOf, whoOf } from './wording.js'

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
function deviceOf(userAgent) {
  const find = (names) => Object.entries(names).find(([part]) => userAgent.includes(part))?.[1]
  const [browser, system] = [find(BROWSERS), find(SYSTEMS)]
  return browser && system
    ? say('{program} on {system}', { program: browser, system })
    : userAgent.slice(0, MAX_CHARACTERS) || say('Unknown device')
}

/** Returns the values of a sentence about a session. */
export const valuesOfSession = ({ userAgent, createdAt }) => ({
  device: deviceOf(userAgent),
  time: minuteOf(createdAt),
})

export function textOfSession({ createdAt, lastUsedAt, sourceIp, userAgent, current, deviceBound }) {
  const isUsed = !current && lastUsedAt !== createdAt
  const values = { time: minuteOf(createdAt), used: hourOf(lastUsedAt) }
  return textOf(
    make('strong', deviceOf(userAgent)),
    current && make('span', say('This device'), 'badge'),
    deviceBound && make('span', say('Tied to its device'), 'badge'),
    lineOf(
      sourceIp,
      isUsed ? say('Signed in {time}, last used {used}', values) : say('Signed in {time}', values),
    ),
  )
}

/** Returns the name of an app. The name of an unregistered app is in quotes, because anybody can write it. */
export const nameOfApp = (app) =>
  app.id.startsWith('URL_') ? say('“{name}”', { name: app.name }) : nameIn(app)

export function textOfApp({ places, scopes, approvedAt, lastUsedAt, ...app }) {
  const values = { day: dayOf(approvedAt), used: lastUsedAt && hourOf(lastUsedAt) }
  const may = make('ul', '', 'scopes')
  may.append(...itemsOf(scopes))
  return textOf(
    make('strong', nameOfApp(app)),
    lineOf(
      listed(places),
      lastUsedAt
        ? say('First signed in {day}, last used {used}', values)
        : say('First signed in {day}', values),
    ),
    may,
  )
}

/** @param voice - The words for the reader. */
export function textOfEvent(event, voice) {
  const { at, sourceIp, userAgent = '' } = event
  const who = sourceIp ? [sourceIp, deviceOf(userAgent)] : [whoOf(event)]
  const failures = failuresOf(event)
  return textOf(
    make('strong', whatOf(event, voice)),
    failures && make('p', failures, 'hint'),
    lineOf(...who, minuteOf(at)),
  )
}
