// The dialog in which a user without a password proves a change of the account, by a passkey or by a code in a mail.

import { hasPasskeys } from '../../../client/passkeys.js'
import { closeDialog, openDialog, passkeyFailureOf, showPart } from '../factors/dialogs.js'
import { clearProblem, codeIn, element, onSubmit } from '../form.js'
import { pageUrl } from '../page-url.js'
import { say } from '../words.js'
import { purposeOf } from './changes.js'

const DIALOG = 'proof-dialog'

/** Calls the service with the access token. */
let send
/** The change that the dialog asks about, and the id of its latest mail. */
let change
let mailId
let hasForms = false

/**
 * Asks for a proof of a change.
 *
 * @param sendAsUser - Calls the service with the access token.
 * @returns The result of `call`: the change token, or the problem without one. Nothing if the user cancels.
 */
export async function askForProof(sendAsUser, asked) {
  // Another tab may have added or removed a passkey.
  const ways = await sendAsUser('proof/ways')
  if (ways.status !== 200) return ways
  const { proofs } = ways.body
  const hasPasskey = hasPasskeys && proofs.includes('passkey')
  const hasMail = proofs.includes('mail')
  if (!hasPasskey && !hasMail) return { status: 0, body: { detail: NO_WAY() } }
  send = sendAsUser
  change = asked
  mailId = undefined
  if (!hasForms) addForms()
  element('proof-text').textContent = purposeOf(change)
  element('proof-by-passkey').hidden = !hasPasskey
  element('proof-by-mail').hidden = !hasMail
  const address = element('email').textContent
  element('proof-mail').textContent = say('Send a code to {address}', { address })
  element('proof-mail').className = hasPasskey ? '' : 'primary'
  element('proof-address').textContent = address
  const ended = openDialog(DIALOG)
  showWays()
  return ended
}

/** Shows the ways that the user has, and focuses the best one. */
function showWays() {
  showPart(DIALOG, 'proof', 'ways')
  element(element('proof-by-passkey').hidden ? 'proof-mail' : 'proof-passkey').focus()
}

const NO_WAY = () =>
  say('This needs a passkey, a confirmed e-mail address or a password. You have none of them.')

async function usePasskey() {
  const { status, body, ...others } = await send('proof/passkey', { body: { change } })
  if (status !== 200) return { status, body, ...others }
  try {
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(body)
    const credential = await navigator.credentials.get({ publicKey })
    return send('proof/confirm', { body: { change, response: credential.toJSON() } })
  } catch (error) {
    return passkeyFailureOf(error)
  }
}

/** A user with a second factor must have signed in with it shortly before. The sign-in page does that, and leads back. */
async function askForMail() {
  const response = await send('proof/mail', { body: { change } })
  return response.body.error === 'insufficient_user_authentication' ? { status: 200, body: {} } : response
}

function showMail(asked) {
  mailId = asked.mailId
  showPart(DIALOG, 'proof', mailId ? 'code' : 'again')
}

function restart() {
  mailId = undefined
  for (const form of element(DIALOG).querySelectorAll('form')) {
    form.reset()
    clearProblem(form)
  }
  showWays()
}

/** Only a page with such users gets here, so nothing of it is in the scripts of other services. */
function addForms() {
  hasForms = true
  const succeed = (body) => closeDialog(DIALOG, { status: 200, body })
  onSubmit(element('proof-passkey-form'), usePasskey, succeed)
  onSubmit(element('proof-mail-form'), askForMail, showMail)
  onSubmit(
    element('proof-code-form'),
    ({ code }) => send('proof/confirm', { body: { change, mailId, code: codeIn(code) } }),
    succeed,
  )
  element('proof-restart').addEventListener('click', restart)
  element('proof-sign-in').addEventListener('click', () =>
    location.assign(pageUrl('signin', { again: true, next: 'account' })),
  )
}
