// The dialog that asks before a change, and for a new sign-in if the change needs one.

import { hasPasskeys } from '../../../client/passkeys.js'
import { stepUp, stepUpByPasskey } from '../account/step-up.js'
import { onGuardedClick } from '../authorize/deaf.js'
import { closeDialog, openDialog, showPart } from '../factors/dialogs.js'
import { element, onSubmit } from '../form.js'
import { signinUrl } from './address.js'
import { needsSignIn, page } from './api.js'

const DIALOG = 'confirm-dialog'

/** The result of a change that the operator has cancelled. */
const CANCELLED = { status: 0, body: { detail: '' } }

/** Sends the change that the dialog asks about. A response that comes after the dialog has closed is not of the next one. */
let send

/**
 * Asks before a change, and sends it. If it needs a recent sign-in, the operator signs in again in the dialog, and the change is repeated
 * once.
 *
 * @param question - The texts of the dialog.
 * @param sendChange - Returns the result of `send` of `api.js`.
 * @returns That result. If the operator cancels, the detail is empty.
 */
export function confirm({ title, text, button, isDangerous = false }, sendChange) {
  element('confirm-title').textContent = title
  element('confirm-text').textContent = text
  element('confirm').textContent = button
  element('confirm').className = isDangerous ? 'danger' : 'primary'
  const ended = openDialog(DIALOG).then((response) => response ?? CANCELLED)
  send = () => Promise.race([sendChange(), ended])
  showPart(DIALOG, 'step', 'question')
  element('confirm-cancel').focus()
  beDeaf()
  return ended
}

const beDeaf = onGuardedClick(element('confirm'), async () => {
  const response = await send()
  if (!needsSignIn(response)) return closeDialog(DIALOG, response)
  element('step-up-username').value = page.operator.username
  element('passkey-form').hidden = !hasPasskeys
  element('sign-in-page').href = signinUrl({ isAgain: true })
  showPart(DIALOG, 'step', 'sign-in')
  element('your-password').focus()
})

/** Repeats the change after a new sign-in. @param problem - Why there is no new sign-in. */
async function repeat(problem) {
  if (problem) return problem
  const response = await send()
  closeDialog(DIALOG, response)
  return response
}

const signIn = async ({ currentPassword }) =>
  repeat(await stepUp(page.auth, page.operator.id, currentPassword.value))

const usePasskey = async () => repeat(await stepUpByPasskey(page.auth, page.operator.id))

onSubmit(element('step-up-form'), signIn, () => {})
onSubmit(element('passkey-form'), usePasskey, () => {})
