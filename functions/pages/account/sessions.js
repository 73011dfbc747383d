// The list of sessions on the page /account.

import { announce, busy, call, element, make, notice } from '../form.js'
import { say } from '../words.js'
import { textOfSession, valuesOfSession } from './entries.js'
import { listOf, rowWith } from './list.js'

/** Shows the sessions. */
export const showSessions = listOf('sessions', 'sessions', rowOf)

function rowOf(session, fetch) {
  const row = rowWith(textOfSession(session))
  if (!session.current) row.append(endButton(session, row, fetch))
  return row
}

function endButton(session, row, fetch) {
  const button = make('button', say('End session'))
  button.type = 'button'
  button.ariaLabel = say('End session: {device}, {time}', valuesOfSession(session))
  button.addEventListener('click', () => busy(button, () => end(session, row, fetch)))
  return button
}

async function end({ id }, row, fetch) {
  const { status, body } = await call(`sessions/${encodeURIComponent(id)}`, { method: 'DELETE', fetch })
  // 404: another client has ended the session.
  if (status !== 204 && status !== 404) return notice(element('notice-sessions'), body.detail, 'error')
  notice(element('notice-sessions'), '')
  row.remove()
  element('sessions-title').focus()
  announce(say('The session has ended.'))
}
