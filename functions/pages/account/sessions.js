// The list of sessions on the page /account.

import { announce, busy, call, element, make, notice } from '../form.js'
import { say } from '../words.js'
import { hourOf, minuteOf } from './days.js'
import { listOf } from './list.js'

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

/** Shows the sessions. */
export const showSessions = listOf('sessions', 'sessions', rowOf)

function rowOf({ id, createdAt, lastUsedAt, sourceIp, userAgent, current }, fetch) {
  const device = deviceOf(userAgent)
  const text = make('div', '')
  const isUsed = !current && lastUsedAt !== createdAt
  const facts = { address: sourceIp, time: minuteOf(createdAt), used: hourOf(lastUsedAt) }
  text.append(
    make('strong', device),
    current ? make('span', say('This device'), 'badge') : '',
    make(
      'p',
      isUsed
        ? say('{address} · Signed in {time}, last used {used}', facts)
        : say('{address} · Signed in {time}', facts),
      'hint',
    ),
  )
  const row = make('li', '')
  row.append(text, current ? '' : endButton(id, `${device}, ${minuteOf(createdAt)}`, row, fetch))
  return row
}

function endButton(id, description, row, fetch) {
  const button = make('button', say('End session'))
  button.type = 'button'
  button.ariaLabel = say('End session: {description}', { description })
  button.addEventListener('click', () => busy(button, () => end(id, row, fetch)))
  return button
}

async function end(id, row, fetch) {
  const { status, body } = await call(`sessions/${encodeURIComponent(id)}`, { method: 'DELETE', fetch })
  // 404: another client has ended the session.
  if (status !== 204 && status !== 404) return notice(element('notice-sessions'), body.detail, 'error')
  notice(element('notice-sessions'), '')
  row.remove()
  element('sessions-title').focus()
  announce(say('The session has ended.'))
}
