// The language of mails to the user, on the page /account. Only a service with several languages has the form.

import { element, notice, onSubmit } from '../form.js'
import { say } from '../words.js'

const findForm = () => HAS_LANGUAGES && element('language-form')

/** Shows the language of a profile. Without one, mails are in the first language. */
export function showMailLanguage({ locale }) {
  const form = findForm()
  if (form) form.elements.locale.value = locale ?? form.elements.locale.options[0].value
}

/**
 * Starts the form.
 *
 * @param change - Sends a change that needs the current password.
 * @param showActivity - Shows the change in the list.
 */
export function startMailLanguage(change, showActivity) {
  const form = findForm()
  if (!form) return
  const send = ({ locale, currentPassword }) =>
    change('me/locale', {
      method: 'PUT',
      body: { locale: locale.value, currentPassword: currentPassword.value },
    })
  onSubmit(form, send, async (_body, { currentPassword }) => {
    // A reset of the form would choose the first language.
    currentPassword.value = ''
    notice(form.nextElementSibling, say('Mails to you are in this language from now on.'), 'good')
    await showActivity()
  })
}
