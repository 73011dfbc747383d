// The dialog that asks for the second factor, at a sign-in and for a change of the account.

import { signInWithPasskey } from '../../../client/passkeys.js'
import { codeIn, element, failureOf, onSubmit } from '../form.js'
import { say } from '../words.js'
import { closeDialog, openDialog, passkeyFailureOf, showPart } from './dialogs.js'

const DIALOG = 'factor-dialog'

/** The best factor is first: an attacker's page cannot request a passkey. */
const PREFERENCE = ['passkey', 'totp', 'recovery-code']

/** The client of the page. */
let auth
let loginToken
let hasOthers

/**
 * Asks for one of the factors that a sign-in names.
 *
 * @returns The result of `call` of `form.js`: the user, or the problem that ended the sign-in. Nothing if the
 *   user cancels.
 */
export function askFactor(client, step) {
  auth = client
  loginToken = step.loginToken
  const factors = PREFERENCE.filter((factor) => step.factors.includes(factor))
  hasOthers = factors.length > 1
  const use = (factor) => {
    for (const button of document.querySelectorAll('[data-use]')) {
      button.hidden = button.dataset.use === factor || !factors.includes(button.dataset.use)
      button.onclick = () => use(button.dataset.use)
    }
    showPart(DIALOG, 'method', factor)
  }
  const ended = openDialog(DIALOG)
  use(factors[0])
  return ended
}

/** The tries or the time of the sign-in are used up. The user must enter the password again. */
function endExpired(response) {
  if (response.body.error === 'login_expired') closeDialog(DIALOG, response)
  return response
}

const succeed = (body) => closeDialog(DIALOG, { status: 200, body })

const signIn = (body, route) =>
  auth.signIn({ loginToken, ...body }, route).then(
    (user) => ({ status: 200, body: user }),
    (error) => endExpired(failureOf(error)),
  )

/** Too many wrong codes of the app block only the app. */
async function signInByApp(code) {
  const response = await signIn({ code }, 'login/totp')
  if (response.status !== 429 || !hasOthers) return response
  const detail = [response.body.detail, say('Your other factors still work.')]
  return { ...response, body: { ...response.body, detail } }
}

const usePasskey = () =>
  signInWithPasskey(auth, { loginToken }).then(
    (user) => ({ status: 200, body: user }),
    (error) => endExpired(passkeyFailureOf(error)),
  )

onSubmit(element('factor-passkey-form'), usePasskey, succeed)
onSubmit(element('factor-totp-form'), ({ code }) => signInByApp(codeIn(code)), succeed)
onSubmit(
  element('factor-recovery-form'),
  ({ code }) => signIn({ code: codeIn(code) }, 'login/recovery-code'),
  succeed,
)
