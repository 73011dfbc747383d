// "Continue with e-mail" on the page /signin: asks for a mail, takes its code, and creates the account of a new address.

import { showRecoveryCodes } from '../factors/set-up.js'
import { announce, busy, call, codeIn, element, failureOf, notice, onSubmit, setTitle } from '../form.js'
import { auth, shownUser } from '../signin/arrival.js'
import { say } from '../words.js'
import { findAsked, forgetAsked, isTaken, keepAsked, takeStep } from './asked.js'
import { isPasskeyChosen, offerPasskey, registerWithPasskey } from './new-passkey.js'

const STEPS = ['mail-ask', 'mail-code', 'mail-account']
/** Status of a wrong, expired or spent code. */
const INVALID = 400
/** The channel between the tabs that have asked for mails to one address. */
const CHANNEL = 'mail-sign-in'

/** The functions of the page for this module. */
let page
/** The step that the page shows, or nothing. */
let shownStep
/** The mail and the code that have proved a new address. They are only in memory. */
let newProof
/** Whether a response was lost. The service may have signed in before. */
let isLost = false

/**
 * Starts the sign-in by mail.
 *
 * @param given - `show` shows a user or the form. `stay` keeps the page from leading on. `pause` ends the offer of passkeys in the autofill,
 *   because a browser makes one request at a time, and `offerPasskeys` begins it again. `complete` takes the steps after the first factor, and
 *   returns the result of `call`.
 */
export function startMailSignIn(given) {
  page = given
  element('use-mail').addEventListener('click', () => openMail())
  new BroadcastChannel(CHANNEL).onmessage = ({ data }) => {
    if (findAsked()?.email === data.email) keepAsked(data, false)
  }
  auth.onChange((user) => user && isTaken() && page.stay(true))
  const step = takeStep()
  // The page first begins to find the signed-in user.
  if (step) queueMicrotask(() => continueStep(step))
}

/** Hides the sign-in by mail of a user who is signed in now. Otherwise it shows the mail that waits for its code, also after a reload. */
export function showMail(user) {
  if (user) {
    if (isTaken())
      notice(element('session-notice'), say('You continue in the tab where you opened the link.'), 'info')
    forgetAsked()
    return closeMail()
  }
  if (shownStep) element('signed-out').hidden = true
  else if (findAsked()) showStep('mail-code')
}

/** Completes a sign-in whose first step was on the page with the link. */
async function continueStep(step) {
  page.stay(true)
  const { status, body } = await page.complete({ proofs: [], ...step })
  page.stay(false)
  const user = shownUser() ?? null
  await page.show(user)
  if (status !== 200) notice(element(user ? 'session-notice' : 'sign-in-notice'), body.detail, 'error')
  element(user ? 'who' : 'sign-in-title').focus()
}

function openMail() {
  showStep('mail-ask')
  // Many usernames are addresses.
  const { value } = element('username')
  if (value.includes('@')) element('mail-email').value = value
}

/** Shows a step. Outside of the template, its fields would be on the page of every sign-in, where browsers fill them. */
function showStep(step) {
  if (!element('mail-ask')) addSteps()
  shownStep = step
  for (const id of STEPS) element(id).hidden = id !== step
  element('signed-out').hidden = true
  element('mail-address').textContent = findAsked()?.email ?? ''
  const title = element(`${step}-title`)
  setTitle(title.textContent)
  title.focus()
}

function addSteps() {
  const template = element('mail-template')
  document.querySelector('main').prepend(template.content.cloneNode(true))
  for (const hint of document.querySelectorAll('#mail-code [data-local]')) {
    hint.hidden = !['localhost', '127.0.0.1', '[::1]'].includes(location.hostname)
  }
  const show = document.querySelector('#mail-account [aria-controls]')
  show.addEventListener('click', () => mask(show, element('mail-password').type === 'text'))
  mask(show, true)
  onSubmit(
    element('mail-form'),
    ({ email }) => askForMail(email.value),
    () => showStep('mail-code'),
  )
  onSubmit(
    element('mail-again-form'),
    () => askForMail(element('mail-address').textContent),
    () => announceMail(),
  )
  onSubmit(element('mail-code-form'), ({ code }) => tryCode(codeIn(code)), showNext)
  onSubmit(element('mail-account-form'), createAccount, showNext)
  offerPasskey(element('mail-account-form'))
  for (const button of document.querySelectorAll('[data-mail]')) {
    button.addEventListener('click', () => busy(button, () => leaveStep(button.dataset.mail)))
  }
}

async function askForMail(email) {
  const response = await call('login/mail', { body: { email, session: 'cookie' } })
  if (response.status === 202) {
    const asked = { email, mailId: response.body.mailId }
    keepAsked(asked, true, new URL(location.href).searchParams.get('next'))
    const others = new BroadcastChannel(CHANNEL)
    others.postMessage(asked)
    others.close()
  }
  return response
}

function announceMail() {
  const text = say('We sent another mail. Each code works until the end of its 10 minutes.')
  notice(element('mail-again-form').parentElement.querySelector('.notice'), text, 'info')
  announce(text)
}

/** Tries a code with the mails of this browser to the address, the newest first. Each wrong code counts. */
async function tryCode(code) {
  let response
  for (const mailId of findAsked()?.mailIds ?? ['']) {
    response = await signIn({ mailId, code }, 'login/mail/confirm')
    if (response.status !== INVALID) break
  }
  const isSpent = isLost && response.status === INVALID
  isLost = response.status === 0
  // Who is signed in learns it, and the page leads on.
  if (isSpent) await auth.refresh().catch(() => {})
  if (response.body.next === 'registration') newProof = { mailId: response.body.mailId, code }
  return response
}

/** Sends a step of the sign-in. @returns The result of `call`. */
const signIn = (body, route) =>
  auth.signIn(body, route).then((step) => ({ status: 200, body: step }), failureOf)

/** Creates the account of a new address. */
function createAccount({ username, password }) {
  const name = username.value.trim()
  if (isPasskeyChosen()) return createWithPasskey(name)
  const body = { ...newProof, ...(name && { username: name }) }
  return signIn({ ...body, ...(password.value && { password: password.value }) }, 'register/confirm')
}

/** The page stays until the user has saved the recovery codes, even if it leads on after the sign-in. */
async function createWithPasskey(name) {
  page.stay(true)
  page.pause()
  const response = await registerWithPasskey(auth, newProof, name)
  if (response.status !== 200) {
    page.stay(false)
    page.offerPasskeys()
  }
  return response
}

/** Shows the step after a code or a new account. The mail is spent, unless its address has no account yet. */
async function showNext(step) {
  if (step.next === 'registration') {
    element('mail-new-address').textContent = step.email
    element('mail-username').value = step.email
    return showStep('mail-account')
  }
  const { status, body } = await page.complete({ proofs: [], ...step })
  forgetAsked()
  if (step.recoveryCodes) {
    await showRecoveryCodes(step.recoveryCodes)
    page.stay(false)
    await page.show(shownUser() ?? null)
  }
  if (status === 200) return element('who').focus()
  showStep('mail-ask')
  notice(element('mail-notice'), body.detail, 'error')
}

function leaveStep(to) {
  forgetAsked()
  newProof = undefined
  if (to === 'ask') return showStep('mail-ask')
  closeMail()
  return page.show(null).then(() => element('sign-in-title').focus())
}

function closeMail() {
  shownStep = undefined
  newProof = undefined
  for (const id of STEPS) element(id)?.remove()
}

/** Masks or shows the password. `form.js` does so for the fields that a page has from the beginning. */
function mask(button, isMasked) {
  element('mail-password').type = isMasked ? 'password' : 'text'
  button.textContent = isMasked ? say('Show') : say('Hide')
  button.ariaLabel = isMasked ? say('Show password') : say('Hide password')
}
