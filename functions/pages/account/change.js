// The dialog before a change. A change of factors needs the current password, and perhaps a new sign-in.

import { closeDialog, openDialog } from '../factors/dialogs.js'
import { askFactor } from '../factors/second-factor.js'
import { element, failureOf, onSubmit } from '../form.js'
import { say } from '../words.js'

const DIALOG = 'change-dialog'

/** Sends the change that the dialog asks about. */
let send

/**
 * Asks for the current password and for a name, if the change needs them, and sends the change.
 *
 * @param question - The texts of the dialog.
 * @param sendChange - Gets the fields. Returns the result of `call` of `form.js`.
 * @returns The body of the successful response, or an empty object if it has none. Nothing if the user
 *   cancels.
 */
export function askForChange(question, sendChange) {
  const { title, text = '', button, isDangerous, hasName = false, hasPassword = true, name = '' } = question
  send = sendChange
  element('change-title').textContent = title
  element('change-text').textContent = text
  element('change-text').hidden = text === ''
  element('change-submit').textContent = button
  element('change-submit').className = isDangerous ? 'danger' : 'primary'
  const ended = openDialog(DIALOG)
  showField('change-name', hasName)
  showField('change-password-now', hasPassword)
  // If the field is empty, the service names a new passkey.
  element('change-name').required = !hasPassword
  element('change-name').value = name
  const first = [hasName && 'change-name', hasPassword && 'change-password-now', 'change-cancel'].find(
    Boolean,
  )
  element(first).focus()
  return ended
}

/** A hidden field that is required would keep the browser from sending the form. */
function showField(id, isShown) {
  element(id).closest('.field').hidden = !isShown
  element(id).disabled = !isShown
}

/**
 * Signs in again with the password of the change and with a second factor. The earlier session ends. A user
 * who must now set up a factor is signed out: the sign-in page sets it up, and leads back.
 *
 * @param id - Id of the user whose account the page shows. A page of another origin may have signed in
 *   another user. The new sign-in would end that user's session, so the client checks first.
 * @returns Nothing, or the problem in the form of `call` of `form.js`, at the field of the password.
 */
export async function stepUp(auth, id, password) {
  try {
    const user = await auth.refresh()
    if (user?.id !== id)
      return { status: 0, body: { detail: say('Another user has signed in. Nothing was changed.') } }
    const step = await auth.signIn({ username: user.username, password })
    if (step.next === 'enrolment') {
      await auth.signOut()
      return { status: 0, body: { detail: say('Sign in again to set up a second factor.') } }
    }
    if (step.next !== 'second-factor') return undefined
    const response = await askFactor(auth, step)
    if (response?.status === 200) return undefined
    return (
      response ?? { status: 0, body: { detail: say('Nothing was changed: the second factor is missing.') } }
    )
  } catch (error) {
    const response = failureOf(error)
    const errors = [{ pointer: '#/currentPassword', detail: say('Incorrect password.') }]
    return response.status === 401 ? { status: 422, body: { errors } } : response
  }
}

onSubmit(
  element('change-form'),
  (fields) => send(fields),
  (body) => closeDialog(DIALOG, body || {}),
)
