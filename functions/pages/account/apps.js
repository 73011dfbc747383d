// The apps that have access to the account, on the page /account.

import { announce, call, element, make } from '../form.js'
import { say } from '../words.js'
import { showActivity } from './activity.js'
import { askForChange } from './change.js'
import { dayOf, hourOf } from './days.js'
import { listOf } from './list.js'

/** Shows the apps. */
export const showApps = listOf('apps', 'apps', rowOf, { rows: 10, empty: say('No app has access.') })

/** Returns the name of an app. The name of an unregistered app is in quotes, because anybody can write it. */
const nameOf = ({ id, name }) => (id.startsWith('URL_') ? say('“{name}”', { name }) : name)

function rowOf({ places, scopes, approvedAt, lastUsedAt, ...app }, fetch) {
  const name = nameOf(app)
  const facts = { places: places.join(', '), day: dayOf(approvedAt), used: lastUsedAt && hourOf(lastUsedAt) }
  const text = make('div', '')
  const may = make('ul', '', 'scopes')
  may.append(...scopes.map(({ sentence }) => make('li', sentence)))
  text.append(
    make('strong', name),
    make(
      'p',
      lastUsedAt
        ? say('{places} · First signed in {day}, last used {used}', facts)
        : say('{places} · First signed in {day}', facts),
      'hint',
    ),
    may,
  )
  const button = make('button', say('Remove access'))
  button.type = 'button'
  button.ariaLabel = say('Remove access: {name}', { name })
  button.addEventListener('click', () => remove(app.id, name, fetch))
  const row = make('li', '')
  row.append(text, button)
  return row
}

async function remove(id, name, fetch) {
  const isDone = await askForChange(
    {
      title: say('Remove access'),
      text: say(
        '{name} can no longer use your account. Data that it already has stays there. The next time you sign in to it, you are asked again.',
        { name },
      ),
      button: say('Remove access'),
      isDangerous: true,
      hasPassword: false,
    },
    async () => {
      const response = await call(`apps/${encodeURIComponent(id)}`, { method: 'DELETE', fetch })
      // 404: another client has deleted the account and created it again.
      return response.status === 404 ? { status: 204, body: '' } : response
    },
  )
  if (!isDone) return
  await Promise.all([showApps(fetch), showActivity(fetch)])
  element('apps-title').focus()
  announce(say('The access was removed.'))
}
