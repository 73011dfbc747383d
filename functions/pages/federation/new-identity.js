// The decision of a user whose sign-in at a provider has no account yet: a new account, or an account that is there.

import { call, codeIn, element, failureOf, onSubmit, setTitle } from '../form.js'
import { removeLanguages } from '../page-links.js'
import { say } from '../words.js'
import { isLoopback } from './providers.js'

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
  dropIdentity()
  waiting = { ...step, ...page }
  // Outside of the template, its fields would be on the page of every sign-in, where browsers fill them.
  const template = element('identity-template')
  template.after(template.content.cloneNode(true))
  for (const hint of element('identity').querySelectorAll('[data-local]')) {
    hint.hidden = !isLoopback(location.hostname)
  }
  const values = { provider: step.provider.name, label: step.label }
  element('identity-text').textContent = say(
    'You come from {provider} as {label}. No account here has this sign-in yet.',
    values,
  )
  element('identity-other').addEventListener('click', useAccount)
  // A service may have no new accounts.
  if (element('identity-form')) prepareForms(values)
  removeLanguages()
  setTitle(element('identity-title').textContent)
  element('identity-title').focus()
}

/** Forgets what waits for a decision: another user has signed in, or the user has decided. */
export function dropIdentity() {
  waiting = undefined
  mailId = undefined
  element('identity')?.remove()
}

function prepareForms(values) {
  // The page drops what waits as soon as the new user is signed in.
  const { complete } = waiting
  element('identity-create').textContent = say('Create an account for {label}', values)
  element('identity-code').closest('.field').hidden = waiting.isProven
  element('identity-code').disabled = waiting.isProven
  // Without mails, a text is in its place.
  if (element('identity-mail-form')) prepareMail()
  onSubmit(element('identity-form'), createAccount, (step) => {
    dropIdentity()
    return complete(step)
  })
  showStep(waiting.isProven ? 'account' : 'address')
}

function prepareMail() {
  element('identity-email').value = waiting.email ?? ''
  onSubmit(element('identity-mail-form'), askForMail, (body, { email }) => {
    mailId = body.mailId
    element('identity-sent').textContent = email.value
    showStep('account')
    element('identity-code').focus()
  })
}

/** Shows what an address without a proof needs, or the form for the account. */
function showStep(step) {
  element('identity-address').hidden = step !== 'address'
  element('identity-account').hidden = step !== 'account'
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

function useAccount() {
  const { useAccount: show, provider } = waiting
  dropIdentity()
  show(
    say('Sign in with your account. Then add {provider} on your account page.', { provider: provider.name }),
  )
}

// The page may be in the cache for "back" when another person uses this browser.
addEventListener('pageshow', ({ persisted }) => persisted && waiting && location.reload())
