// The form with which an operator sees the application as the shown user.

import { call, element, notice, onSubmit } from '../form.js'
import { say } from '../words.js'
import { fetchAsOperator, page } from './api.js'

/** Shows the form, if the operator may act as the user. */
export function showActing(view) {
  const { origins = [], roles = [] } = page.operator.actAs ?? {}
  // A script that the user has put into a page of this origin could use the console.
  const places = origins.filter((origin) => origin !== location.origin)
  const { role, disabled } = view.user
  // With actAs=off the page has no form.
  if (element('act-as') === null || disabled || places.length === 0 || !roles.includes(role)) return
  element('act-as').hidden = false
  element('origin').replaceChildren(...places.map((place) => new Option(place)))
  element('origin-field').hidden = places.length === 1
  onSubmit(element('act-as-form'), (fields) => begin(view, fields), showLink)
}

function begin({ user, confirm }, { reason, ticket, origin }) {
  element('acting').hidden = true
  const why = { reason: reason.value, ticket: ticket.value.trim() || undefined }
  const body = { userId: user.id, ...why }
  return confirm(
    {
      title: say('Act as {username}?', user),
      text: say(
        'You see {origin} as this user for at most 30 minutes, and cannot change anything. The user learns of it.',
        { origin: origin.value },
      ),
      button: say('Act as this user'),
    },
    () => call('act-as', { body, fetch: fetchAsOperator }),
  )
}

/**
 * Shows the link to the application. A browser lets a script open a tab only shortly after a click, and the code may come later: after a
 * slow response, or a step-up. A script does not learn whether a tab without an opener was blocked. So the operator clicks once more.
 */
function showLink({ code }, { origin }) {
  const link = element('acting-link')
  link.href = `${origin.value}/#act-as=${code}`
  // The code works once.
  link.onclick = () => {
    const form = element('act-as-form')
    element('acting').hidden = true
    notice(form.nextElementSibling, say('The application is open in another tab.'), 'info')
    form.querySelector('button').focus()
  }
  element('acting').hidden = false
  link.focus()
}
