// The sessions, the apps and the activity of a user.

import { nameOfApp, textOfApp, textOfEvent, textOfSession, valuesOfSession } from '../account/entries.js'
import { listOf, rowWith } from '../account/list.js'
import { busy, element, make } from '../form.js'
import { say } from '../words.js'
import { act } from './actions.js'
import { page } from './api.js'
import { THEIRS } from './voice.js'

const ROWS = { rows: 10 }

/** Shows the lists that the operator may see. */
export function showLists(view) {
  const list = (id, path, rowOf, empty) =>
    listOf(id, `${view.path}/${path}`, rowOf, { ...ROWS, empty })(view.fetch)
  list('events', 'events', (event) => rowWith(textOfEvent(event, THEIRS)), say('Nothing is recorded yet.'))
  if (!page.operator.may.includes('sessions:read')) return
  for (const id of ['sessions-card', 'apps-card']) element(id).hidden = false
  list('sessions', 'sessions', (session) => rowOfSession(view, session), say('The user has no session.'))
  list('apps', 'grants', (app) => rowOfApp(view, app), say('No app has access.'))
}

/** Returns a button that ends something, or nothing if the operator may not. */
function endButton(view, label, action) {
  if (!page.operator.may.includes('sessions:end')) return ''
  const button = make('button', action.button)
  button.type = 'button'
  button.ariaLabel = label
  button.addEventListener('click', () => busy(button, () => act(view, action)))
  return button
}

function rowOfSession(view, session) {
  const values = valuesOfSession(session)
  const action = {
    button: say('End session'),
    ask: (user) => ({
      title: say('End this session of {username}?', user),
      text: say('{device}, {time}', values),
      button: say('End session'),
      isDangerous: true,
    }),
    request: { path: `/sessions/${encodeURIComponent(session.id)}/end`, method: 'POST' },
    done: say('The session has ended.'),
  }
  const label = say('End session: {device}, {time}', values)
  return rowWith(textOfSession(session), endButton(view, label, action))
}

function rowOfApp(view, app) {
  const name = nameOfApp(app)
  const action = {
    button: say('Remove access'),
    ask: (user) => ({
      title: say('Remove the access of {name}?', { name }),
      text: say('The app can no longer use the account of {username}.', user),
      button: say('Remove access'),
      isDangerous: true,
    }),
    request: { path: `/grants/${encodeURIComponent(app.id)}/end`, method: 'POST' },
    done: say('The access was removed.'),
  }
  return rowWith(textOfApp(app), endButton(view, say('Remove access: {name}', { name }), action))
}
