// The decision of a user whose sign-in at a provider has no account yet: a new account, or an account that is there.

import { call, codeIn, element, failureOf, onSubmit, setTitle } from '../form.js'
import { say } from '../words.js'

/** What waits for the decision, only in memory: the step of the service, and what its page does next. */
let waiting
/** Id of the mail with the code. */
let mailId

/**
 * Asks for the decision.
 *
 * @param step - Result of the sign-in.
 * @param page - `auth` is the client. `complete` gets the step that the new account leads to. `useAccount` shows the sign-in, and gets a
 *   text for the user.
 */
export function askForAccount(step, page) {
  waiting = { ...step, ...page }
  mailId = undefined
  const values = { provider: step.provider.name, label: step.label }
  element('identity-text').textContent = say(
    'You come from {provider} as {label}. No account here has this sign-in yet.',
    values,
  )
  // A service may have no new accounts.
  if (element('identity-form')) {
    element('identity-create').textContent = say('Create an account for {label}', values)
    element('identity-email').value = step.email ?? ''
    element('identity-name').value = ''
    showStep(step.isProven ? 'account' : 'address')
  }
  element('identity').hidden = false
  setTitle(element('identity-title').textContent)
  element('identity-title').focus()
}

/** Forgets what waits for a decision: another user has signed in, or the user has decided. */
export function dropIdentity() {
  waiting = undefined
  mailId = undefined
  element('identity').hidden = true
  element('identity-text').textContent = ''
}

/** Shows the form for an address without a proof, or that for the account. */
function showStep(step) {
  element('identity-address').hidden = step !== 'address'
  element('identity-account').hidden = step !== 'account'
  element('identity-code').closest('.field').hidden = waiting.isProven
  element('identity-code').disabled = waiting.isProven
}

const askForMail = ({ email }) => call('register', { body: { email: email.value } })

async function createAccount({ username, code }) {
  const { identityToken, isProven, auth } = waiting
  const name = username.value.trim()
  const proof = isProven ? {} : { mailId, code: codeIn(code) }
  try {
    const body = { identityToken, ...proof, ...(name && { username: name }) }
    return { status: 200, body: await auth.signIn(body, 'register/provider') }
  } catch (error) {
    return failureOf(error)
  }
}

if (element('identity-form')) {
  onSubmit(element('identity-mail-form'), askForMail, (body, { email }) => {
    mailId = body.mailId
    element('identity-sent').textContent = email.value
    showStep('account')
    element('identity-code').focus()
  })
  onSubmit(element('identity-form'), createAccount, (step) => {
    const { complete } = waiting ?? {}
    dropIdentity()
    return complete?.(step)
  })
}
element('identity-other')?.addEventListener('click', () => {
  const { useAccount, provider } = waiting
  dropIdentity()
  useAccount(
    say('Sign in with your account. Then add {provider} on your account page.', { provider: provider.name }),
  )
})
// The page may be in the cache for "back" when another person uses this browser.
addEventListener('pageshow', ({ persisted }) => persisted && waiting && location.reload())
