// The account page: profile, sessions, apps, activity, password, e-mail address, deletion.

import { AuthError } from '../../../client/requests.js'
import { createAuth } from '../../../client/session.js'
import { federation } from '../federation/load.js'
import { busy, call, codeIn, element, failureOf, notice, onSubmit, showSection } from '../form.js'
import { pageUrl } from '../page-url.js'
import { canProve, findOwner, hasPassword } from '../proof/owner.js'
import { language, say } from '../words.js'
import { showActivity } from './activity.js'
import { showApps } from './apps.js'
import { askForChange } from './change.js'
import { showFactors, startFactors } from './factors.js'
import { showMailLanguage, startMailLanguage } from './mail-language.js'
import { showSessions } from './sessions.js'
import { stepUp } from './step-up.js'
import { sendWithProof } from './with-proof.js'

const auth = createAuth({ url: '.', language })

/** Sends a request only for the shown user: other tabs and origins can sign in another user. */
async function fetchAsShown(...request) {
  if (auth.user?.id !== shownId) throw new AuthError(409, { detail: NO_LONGER })
  const id = shownId
  // The page must not show a response after a sign-out, so no caller gets it.
  return auth.fetch(...request).finally(() => (id === shownId ? undefined : new Promise(() => {})))
}
const NO_LONGER = say('This user is no longer signed in here. Nothing was sent.')
const send = (path, options) => call(path, { ...options, fetch: fetchAsShown })

/** Sends a change that needs the current password. If it also needs a recent sign-in with a second factor, the user signs in again first. */
async function change(path, options) {
  if (HAS_MAIL_SIGN_IN && !hasPassword()) return sendWithProof(send, path, options)
  const response = await send(path, options)
  if (response.body?.error !== 'insufficient_user_authentication') return response
  return (await stepUp(auth, shownId, options.body.currentPassword)) ?? send(path, options)
}

/** The id of the user whose account the page shows. */
let shownId
/** Whether the page already shows why the user is signed out. */
let isLeaving = false
/** The requested mail: its id, and its address. They are only in memory. */
let asked

/** Shows the user's account, or leads to the sign-in page and back. @param text - For another user. */
async function follow(user, text = say('Another user has signed in in this browser.')) {
  // Recovery codes are shown once, to the user before. The page follows after they are saved.
  if (isLeaving || element('codes-dialog').open) return
  if (user === null) return location.replace(pageUrl('signin', { next: `account${location.hash}` }))
  if (user.id === shownId) return
  // Another user has signed in. Nothing of the earlier user may stay, and a late response must not show it.
  if (shownId !== undefined) {
    history.replaceState({ text }, '')
    return location.reload()
  }
  shownId = user.id
  const problem = await showProfile()
  // The user has signed out, or another user has signed in since the request.
  if (auth.user?.id !== user.id) return
  if (problem) return showUnavailable(problem)
  showSection('account', { isFocused: false })
  openLinked()
  if (history.state?.text) {
    notice(element('account-notice'), [history.state.text, say('This is the account of {username}.', user)])
    history.replaceState(null, '')
  }
  await showLists()
}

/** @returns The problem, if the service does not return the profile. */
async function showProfile() {
  const { status, body } = await (HAS_MAIL_SIGN_IN ? findOwner(send) : send('me'))
  if (status !== 200) return body
  const { username, role, email, emailAsWritten, email_verified: isVerified } = body
  element('username').textContent = username
  // The user has registered with only the address.
  element('username-row').hidden = username === email
  if (element('role')) element('role').textContent = role
  element('email-row').hidden = email === undefined
  element('email').textContent = emailAsWritten ?? email ?? ''
  element('email-state').textContent = isVerified ? say('Verified') : say('Not verified')
  element('email-state').className = `badge ${isVerified ? 'good' : 'warn'}`
  for (const field of document.querySelectorAll('[autocomplete="username"]')) field.value = username
  showMailLanguage(body)
  await showFactors(body)
  return undefined
}

const showLists = () =>
  Promise.all([
    showSessions(fetchAsShown),
    element('apps') && showApps(fetchAsShown),
    ...(HAS_FEDERATION ? [federation.showIdentities(fetchAsShown)] : []),
    showActivity(fetchAsShown),
  ])

function showUnavailable({ detail }) {
  shownId = undefined
  element('loading-text').hidden = true
  element('try-again').hidden = false
  notice(element('loading-notice'), detail, 'error')
  showSection('loading', { isFocused: false })
}

/** Opens the part of the page that the fragment names, such as `/account#change-password`. */
function openLinked() {
  const part = element(location.hash.slice(1))
  if (part?.tagName !== 'DETAILS') return
  part.open = true
  part.querySelector('summary').focus()
}

/** Shows a final message. Removes the user from the document: others may use this device next. */
function showDone(title, text) {
  shownId = undefined
  asked = undefined
  for (const part of document.querySelectorAll('#account, dialog')) part.remove()
  element('done-title').textContent = title
  element('done-text').textContent = text
  showSection('done')
}

/** Finds the signed-in user, and shows the account. */
async function begin() {
  try {
    await auth.getAccessToken()
    await follow(auth.user)
  } catch (error) {
    showUnavailable(failureOf(error).body)
  }
}

async function signOut(everywhere) {
  isLeaving = true
  try {
    await auth.signOut({ everywhere })
  } catch (error) {
    isLeaving = false
    const { detail } = failureOf(error).body
    if (auth.user?.id !== shownId) return follow(auth.user, detail)
    return notice(element('account-notice'), [say('You are still signed in.'), detail], 'error')
  }
  if (!everywhere) return showDone(say('You are signed out'), say('Your session on this device has ended.'))
  showDone(say('You are signed out everywhere'), say('All your sessions have ended.'))
}

const changePassword = ({ currentPassword, newPassword }) =>
  change('password', {
    method: 'PUT',
    body: { currentPassword: currentPassword.value, newPassword: newPassword.value },
  })
const askForMail = ({ email, currentPassword }) =>
  change('email', { method: 'PUT', body: { email: email.value, currentPassword: currentPassword.value } })
const confirmAddress = ({ code }) =>
  send('email/confirm', { body: { mailId: asked.mailId, code: codeIn(code) } })
const deleteAccount = ({ currentPassword }) =>
  change('me', { method: 'DELETE', body: { currentPassword: currentPassword.value } })

async function showNewPassword() {
  element('password-form').reset()
  const text = say('Your password was changed. Your other sessions have ended.')
  notice(element('password-notice'), text, 'good')
  await refresh()
  await showLists()
}

function showProof({ mailId }, { email }) {
  asked = { mailId, email: email.value }
  element('email-form').reset()
  element('asked-email').textContent = asked.email
  element('email-ask').hidden = true
  element('email-proof').hidden = false
  element('code').focus()
}

/** Shows the form for an address again. */
function askAgain() {
  asked = undefined
  element('email-ask').hidden = false
  element('email-proof').hidden = true
  notice(element('email-notice'), '')
}

async function showNewAddress() {
  const { email } = asked
  element('code-form').reset()
  askAgain()
  notice(
    element('email-notice'),
    say('Mails go to {address} from now on. You can sign in with it.', { address: email }),
    'good',
  )
  element('email-notice').scrollIntoView({ block: 'nearest' })
  await refresh()
  await showProfile()
  await showActivity(fetchAsShown)
}

/** A change of factors revokes the access token, and may end other sessions. */
async function update() {
  await refresh()
  if (auth.user?.id !== shownId) return follow(auth.user)
  await showProfile()
  await showLists()
}

/** A changed password or address revokes the access token. Without a network, the next request does the same. */
const refresh = () => auth.refresh().catch(() => {})

async function showDeleted() {
  isLeaving = true
  // Removes the cookie, and signs out the other tabs. The session itself has ended.
  await auth.signOut().catch(() => {})
  showDone(say('Your account was deleted'), say('All your sessions have ended.'))
}

/** Another tab may have opened the link in the mail. */
async function lookForAddress() {
  if (document.visibilityState === 'hidden' || asked === undefined) return
  const { email } = asked
  await showProfile()
  if (asked && element('email').textContent === email) await showNewAddress()
}

onSubmit(element('password-form'), changePassword, showNewPassword)
onSubmit(element('delete-form'), deleteAccount, showDeleted)
if (element('change-email')) {
  onSubmit(element('email-form'), askForMail, showProof)
  onSubmit(element('code-form'), confirmAddress, showNewAddress)
  element('other-email').addEventListener('click', () => {
    askAgain()
    element('new-email').focus()
  })
  document.addEventListener('visibilitychange', lookForAddress)
}
element('sign-out').addEventListener('click', ({ target }) => busy(target, () => signOut(false)))
element('sign-out-everywhere').addEventListener('click', ({ target }) => busy(target, () => signOut(true)))
element('try-again').addEventListener('click', ({ target }) => busy(target, begin))
startMailLanguage(change, () => showActivity(fetchAsShown))
startFactors({ send, change, update, fetch: fetchAsShown })
if (HAS_FEDERATION) {
  const given = { ask: askForChange, change, update }
  federation.startIdentities(HAS_MAIL_SIGN_IN ? { ...given, canProve } : given)
}
addEventListener('hashchange', openLinked)
auth.onChange(follow)
begin()
