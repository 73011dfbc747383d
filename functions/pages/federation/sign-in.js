// The response of a provider on the page /signin, and the step that it leads to.

import { element, failureOf, notice } from '../form.js'
import { askForAccount } from './new-identity.js'
import { showProviders } from './providers.js'
import { takeResponse } from './tries.js'

/** The functions of the page for this module. */
let page
/** The response, until the service has answered it. */
let response

/**
 * Starts the sign-in by other providers.
 *
 * @param given - `auth` is the client, `shownUser` the user who counts as signed in, `isAgain` whether the user must sign in again. `show`
 *   shows a user or the form, and leads on only if its second argument is true. `complete` takes the steps after the first factor, and
 *   returns the result of `call`. `offerPasskeys` offers them in the autofill.
 * @returns A promise that resolves when the page can be shown.
 */
export async function startSignIn(given) {
  page = given
  response = takeResponse()
  const showProblem = (text) => notice(element('sign-in-notice'), text, text && 'error')
  const shown = showProviders({ isAgain: page.isAgain, showProblem })
  // The sign-in continues without them.
  if (!response) await shown
}

/** Whether a response waits for the service. Until then, the page shows no user. */
export const isResponding = () => Boolean(response)

/** Sends the response, and continues with the step that it leads to. */
export async function continueResponse() {
  try {
    const step = await page.auth.signIn(response, 'login/provider')
    response = undefined
    if (step.next === 'identity') return decide(step)
    return finish(await page.complete(step))
  } catch (error) {
    response = undefined
    return finish(failureOf(error))
  }
}

/** Shows the user, or the problem that ended the sign-in. A refused response does not change who is signed in. */
async function finish({ status, body }) {
  const isDone = status === 200
  if (!isDone) await page.auth.getAccessToken().catch(() => {})
  const user = page.shownUser() ?? null
  page.stay(!isDone)
  await page.show(user)
  page.stay(false)
  if (!isDone) notice(element(user ? 'session-notice' : 'sign-in-notice'), body.detail, 'error')
  if (!user) page.offerPasskeys()
  element(user ? 'who' : 'sign-in-title').focus()
}

/** Asks what to do with a sign-in that has no account yet. */
function decide(step) {
  for (const id of ['loading', 'signed-out', 'signed-in']) element(id).hidden = true
  askForAccount(step, {
    auth: page.auth,
    complete: async (created) => finish(await page.complete({ proofs: [], ...created })),
    async useAccount(text) {
      await page.show(null)
      notice(element('sign-in-notice'), text, 'info')
      element('username').focus()
      page.offerPasskeys()
    },
  })
}
