// The buttons that change a user.

import { busy, element, notice } from '../form.js'
import { say } from '../words.js'
import { page } from './api.js'

const hasFactors = ({ factors }) => factors.length > 0

/** By the id of the button: the permission, for which users it is, the texts of the dialog, the request, and the text after it. */
const ACTIONS = {
  disable: {
    needs: 'users:disable',
    isFor: ({ disabled }) => !disabled,
    ask: (user) => ({
      title: say('Disable {username}?', user),
      text: say('All sessions of the user end, and the user cannot sign in.'),
      button: say('Disable'),
      isDangerous: true,
    }),
    request: { path: '', method: 'PATCH', body: { disabled: true } },
    done: say('The user is disabled. All sessions have ended.'),
  },
  enable: {
    needs: 'users:disable',
    isFor: ({ disabled }) => disabled,
    ask: (user) => ({
      title: say('Enable {username}?', user),
      text: say('The user can sign in again.'),
      button: say('Enable'),
    }),
    request: { path: '', method: 'PATCH', body: { disabled: false } },
    done: say('The user is enabled.'),
  },
  'end-all': {
    needs: 'sessions:end',
    ask: (user) => ({
      title: say('End all sessions of {username}?', user),
      text: say('The user must sign in again everywhere.'),
      button: say('End all sessions'),
      isDangerous: true,
    }),
    request: { path: '/sessions/end', method: 'POST' },
    done: say('All sessions have ended.'),
  },
  reset: {
    needs: 'users:reset',
    isFor: ({ email }) => email,
    ask: (user) => ({
      title: say('Send a mail for a new password?'),
      text: say(
        'The mail goes to {email}. Its link leads to a new password. Until then, the password of the user still works.',
        user,
      ),
      button: say('Send the mail'),
    }),
    request: { path: '/reset', method: 'POST' },
    done: say('The mail is on its way.'),
  },
  'reset-factors': {
    needs: 'users:reset',
    isFor: (user) => user.email && hasFactors(user),
    ask: (user) => ({
      title: say('Reset the second factors of {username}?', user),
      text: say(
        'A mail to {email} announces it. After a delay, the next sign-in with the password removes all second factors. The user can cancel it.',
        user,
      ),
      button: say('Send the mail'),
      isDangerous: true,
    }),
    request: { path: '/factors/reset', method: 'POST' },
    done: say('The mail is on its way.'),
  },
  'remove-factors': {
    needs: 'factors:remove',
    isFor: hasFactors,
    ask: (user) => ({
      title: say('Remove all second factors of {username} now?', user),
      text: say(
        'All second factors, recovery codes and sessions of the user end at once. Make sure that the user has asked for it.',
      ),
      button: say('Remove all'),
      isDangerous: true,
    }),
    request: { path: '/factors', method: 'DELETE' },
    done: say('All second factors were removed.'),
  },
  delete: {
    needs: 'users:remove',
    ask: (user) => ({
      title: say('Delete {username}?', user),
      text: say(
        'The account, its login names and all its sessions are deleted at once. This cannot be undone.',
      ),
      button: say('Delete the user'),
      isDangerous: true,
    }),
    request: { path: '', method: 'DELETE' },
    done: say('The user was deleted.'),
  },
}

/** Shows the buttons that the operator may use for a user. */
export function showActions(view) {
  for (const [id, action] of Object.entries(ACTIONS)) {
    const { needs, isFor = () => true } = action
    const button = element(id)
    // A service without mails has no button for them.
    if (button === null || !page.operator.may.includes(needs) || !isFor(view.user)) continue
    button.hidden = false
    button.addEventListener('click', () => busy(button, () => act(view, action)))
  }
  element('removals').hidden = element('remove-factors').hidden && element('delete').hidden
}

/** Asks, changes the user, and shows a problem that the user as shown does not explain. */
export async function act(view, { ask, request, done }) {
  const { status, body } = await view.change(ask(view.user), request, done)
  const where = element('user-notice')
  // A deleted user is no longer shown.
  if (where === null || (status >= 200 && status < 300)) return
  notice(where, body.detail, 'error')
  where.scrollIntoView({ block: 'nearest' })
}
