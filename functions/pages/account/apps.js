// The apps that have access to the account, on the page /account.

import { announce, call, element, make } from '../form.js'
import { say } from '../words.js'
import { showActivity } from './activity.js'
import { askForChange } from './change.js'
import { nameOfApp, textOfApp } from './entries.js'
import { listOf, rowWith } from './list.js'

/** Shows the apps. */
export const showApps = listOf('apps', 'apps', rowOf, { rows: 10, empty: say('No app has access.') })

function rowOf(app, fetch) {
  const name = nameOfApp(app)
  const button = make('button', say('Remove access'))
  button.type = 'button'
  button.ariaLabel = say('Remove access: {name}', { name })
  button.addEventListener('click', () => remove(app.id, name, fetch))
  return rowWith(textOfApp(app), button)
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
