// The list of sessions on the page /account.

import { announce, busy, call, element, make, notice } from '../form.js'
import { say } from '../words.js'
import { minuteOf } from './days.js'
import { deviceOf, rowWith, textOfSession } from './entries.js'
import { listOf } from './list.js'

/** Shows the sessions. */
export const showSessions = listOf('sessions', 'sessions', rowOf)

function rowOf(session, fetch) {
  const { id, createdAt, userAgent, current } = session
  const description = `${deviceOf(userAgent)}, ${minuteOf(createdAt)}`
  const row = rowWith(textOfSession(session))
  if (!current) row.append(endButton(id, description, row, fetch))
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
