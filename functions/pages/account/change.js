// The dialog before a change. A change of factors needs the current password, or a proof in a second dialog.

import { closeDialog, openDialog } from '../factors/dialogs.js'
import { element, onSubmit } from '../form.js'
import { forgetProof } from '../proof/kept.js'
import { hasPassword as ownsPassword } from '../proof/owner.js'

const DIALOG = 'change-dialog'

/** Sends the change that the dialog asks about. */
let send

/**
 * Asks for the current password and for a name, if the change needs them, and sends the change. A user without a password types none.
 *
 * @param question - The texts of the dialog.
 * @param sendChange - Gets the fields. Returns the result of `call` of `form.js`.
 * @returns The body of the successful response, or an empty object if it has none. Nothing if the user
 *   cancels.
 */
export function askForChange(question, sendChange) {
  const { title, text = '', button, isDangerous, hasName = false, hasPassword = true, name = '' } = question
  if (HAS_MAIL_SIGN_IN) forgetProof()
  send = sendChange
  element('change-title').textContent = title
  element('change-text').textContent = text
  element('change-text').hidden = text === ''
  element('change-submit').textContent = button
  element('change-submit').className = isDangerous ? 'danger' : 'primary'
  const ended = openDialog(DIALOG)
  showField('change-name', hasName)
  showField('change-password-now', HAS_MAIL_SIGN_IN ? hasPassword && ownsPassword() : hasPassword)
  // If the field is empty, the service names a new passkey.
  element('change-name').required = !hasPassword
  element('change-name').value = name
  const first = [
    hasName && 'change-name',
    (HAS_MAIL_SIGN_IN ? hasPassword && ownsPassword() : hasPassword) && 'change-password-now',
    'change-cancel',
  ].find(Boolean)
  element(first).focus()
  return ended
}

/** A hidden field that is required would keep the browser from sending the form. */
function showField(id, isShown) {
  element(id).closest('.field').hidden = !isShown
  element(id).disabled = !isShown
}

onSubmit(
  element('change-form'),
  (fields) => send(fields),
  (body) => closeDialog(DIALOG, body || {}),
)
