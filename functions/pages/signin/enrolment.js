// The dialog of a user who must set up a second factor at the sign-in: proof, then factor.

import { createPasskey } from '../../../client/passkeys.js'
import { closeDialog, creationFailureOf, openDialog, showPart } from '../factors/dialogs.js'
import { setUpTotp, showRecoveryCodes } from '../factors/set-up.js'
import { codeIn, ENROLMENT_CHANNEL, element, failureOf, onSubmit } from '../form.js'

const DIALOG = 'enrolment-dialog'

/** The client of the page. */
let auth
let enrolmentToken
/** Id of the mail with the code. */
let mailId

const showStep = (step) => showPart(DIALOG, 'step', step)

/**
 * Leads through the set-up of a factor, which completes the sign-in.
 *
 * @param step - Result of the sign-in or the registration. Without `proofs`, the enrolment is already proved.
 * @returns The result of `call` of `form.js`: the user, or the problem that ended the sign-in. Nothing if the
 *   user cancels.
 */
export async function enrol(client, step) {
  auth = client
  enrolmentToken = step.enrolmentToken
  const links = new BroadcastChannel(ENROLMENT_CHANNEL)
  links.onmessage = async ({ data: { token } }) => {
    if (!token) return
    links.postMessage({ isReceived: true })
    links.postMessage({ response: await prove({ token }) })
  }
  for (const button of element(DIALOG).querySelectorAll('[data-to]')) {
    button.hidden = !step.proofs.includes(button.dataset.to)
  }
  const ended = openDialog(DIALOG)
  showStep(step.proofs[0] ?? 'factor')
  const response = await ended
  links.close()
  if (response?.status === 200) await showRecoveryCodes(response.body.recoveryCodes)
  return response
}

/** Waits for a response of the service. If the time is over, the user must enter the password again. */
async function responseOf(promise, readFailure = failureOf) {
  try {
    return { status: 200, body: await promise }
  } catch (error) {
    const response = readFailure(error)
    if (response.body.error === 'login_expired') {
      if (element('totp-dialog').open) closeDialog('totp-dialog')
      closeDialog(DIALOG, response)
    }
    return response
  }
}

const post = (route, body) => responseOf(auth.post(route, { enrolmentToken, ...body }))

/** Proves that the account is the user's, and shows the choice of the factor. */
async function prove(proof) {
  const response = await post('enrolment/proof', proof)
  if (response.status === 200) showStep('factor')
  return response
}

const confirmTotp = (code) => responseOf(auth.signIn({ enrolmentToken, code }, 'enrolment/totp/confirm'))

async function chooseTotp(secret) {
  const user = await setUpTotp(secret, confirmTotp)
  if (user) closeDialog(DIALOG, { status: 200, body: user })
}

const choosePasskey = async () => {
  const options = await post('enrolment/passkey/options')
  return options.status === 200 ? responseOf(enrolPasskey(options.body), creationFailureOf) : options
}

const enrolPasskey = async (options) =>
  auth.signIn({ enrolmentToken, response: await createPasskey(options) }, 'enrolment/passkey')

onSubmit(
  element('enrolment-mail-form'),
  () => post('enrolment/mail'),
  (body) => {
    mailId = body.mailId
    showStep('mail-code')
  },
)
onSubmit(
  element('enrolment-mail-code-form'),
  ({ code }) => prove({ mailId, code: codeIn(code) }),
  () => {},
)
onSubmit(
  element('enrolment-code-form'),
  ({ operatorCode }) => prove({ operatorCode: operatorCode.value.trim() }),
  () => {},
)
onSubmit(element('enrolment-totp-form'), () => post('enrolment/totp'), chooseTotp)
onSubmit(element('enrolment-passkey-form'), choosePasskey, (body) =>
  closeDialog(DIALOG, { status: 200, body }),
)
for (const button of element(DIALOG).querySelectorAll('[data-to]')) {
  button.addEventListener('click', () => showStep(button.dataset.to))
}
