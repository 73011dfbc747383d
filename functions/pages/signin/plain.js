// The sign-in page: signs in, and leads to the page in `?next=`. Use it as a start for your own page. The other pages use its style and
// `form.js` too. `demo.js` adds the demo. It imports this script, and what this one exports of others.

import { hasAutofill, hasPasskeys, signInWithPasskey } from '../../../client/passkeys.js'
import { passkeyFailureOf } from '../factors/dialogs.js'
import { askFactor } from '../factors/second-factor.js'
import { federation } from '../federation/load.js'
import { busy, clearProblem, ENROLMENT_KEY, element, failureOf, notice, onSubmit, setTitle } from '../form.js'
import { showMail, startMailSignIn } from '../mail/sign-in.js'
import { say } from '../words.js'
import { auth, isAgain, leadOn, next, onSignInAgain, showApp, shownUser } from './arrival.js'
import { enrol } from './enrolment.js'

export { announce, call, decodePart, make } from '../form.js'
export { clock, secondsUntil } from '../time.js'
export { auth, busy, element, failureOf, notice }

/** Additional function that shows the user, or null. */
let showMore = () => {}
export const onShow = (show) => {
  showMore = show
}

/** Whether the page shows a user, and whether it stays, because it shows a message to the user. */
let isSignedIn = false
let isStaying = false

/** The request that offers passkeys in the autofill: its end, and its start. Browsers and service accept a passkey for 5 minutes. */
let autofill
let autofillAtMs = 0
const AUTOFILL_MS = 240_000

/** Whether the page shows recovery codes to a user who is already signed in. */
let isEnrolling = false
const CANCELLED = { status: 0, body: { detail: say('You are not signed in: the second factor is missing.') } }

/** Message of the page when the user is signed out. */
let farewell
/** Shows the user, the form, or the next page. */
async function show(user) {
  isSignedIn = Boolean(user)
  const leadsOn = Boolean(user && next && !isStaying)
  element('loading').hidden = !leadsOn
  element('signed-out').hidden = Boolean(user)
  element('signed-in').hidden = !user || leadsOn
  if (leadsOn) return leadOn()
  element('name').textContent = user?.username ?? ''
  setTitle(user ? say('Signed in as {username}', user) : say('Sign in'))
  notice(element('session-notice'), '')
  if (HAS_FEDERATION && !user) federation.focusProvider()
  if (HAS_MAIL_SIGN_IN) showMail(user)
  await showMore(user)
}

/** Replaces the request that offers passkeys before it expires. */
function tick() {
  const isOld = autofill && !autofill.signal.aborted && Date.now() - autofillAtMs > AUTOFILL_MS
  if (isOld && document.visibilityState === 'visible') offerPasskeys()
}

/** Shows the user after a sign-in or sign-out, on this page or in another tab. */
function follow() {
  if (HAS_FEDERATION && federation.isResponding()) return
  const user = shownUser()
  // What waits for a decision belongs to the person who was here before.
  if (HAS_FEDERATION && user) federation.dropIdentity()
  if (user === null) offerPasskeys()
  else autofill?.abort()
  if (isEnrolling) return
  const wasSignedIn = isSignedIn
  show(user)
  if (user !== null || !wasSignedIn) return
  isStaying = false
  const { text, kind } = farewell ?? { text: say('Your session has ended. Sign in again.') }
  farewell = undefined
  notice(element('sign-in-notice'), text, kind)
  element('sign-in-title').focus()
}

/** Returns the enrolment token that another page of this tab left, and removes it. */
function takeEnrolment() {
  try {
    const enrolmentToken = sessionStorage.getItem(ENROLMENT_KEY)
    sessionStorage.removeItem(ENROLMENT_KEY)
    return enrolmentToken
  } catch {
    // The browser allows this page no storage. The user signs in again, and proves the account again.
    return null
  }
}

/** Finds the signed-in user, and sets up the second factor of an account that was created in this tab. */
async function begin() {
  // The token must not stay in the storage, even if the request fails.
  const enrolmentToken = takeEnrolment()
  isStaying = enrolmentToken !== null
  try {
    if (HAS_FEDERATION && federation.isResponding()) return await federation.continueResponse()
    await auth.getAccessToken()
    if (enrolmentToken) await continueEnrolment(enrolmentToken)
  } catch (error) {
    show(null)
    notice(element('sign-in-notice'), failureOf(error).body.detail, 'error')
  }
}

async function signIn({ username, password }) {
  autofill?.abort()
  notice(element('sign-in-notice'), '')
  const response = await signInBySteps(auth.signIn({ username: username.value, password: password.value }))
  if (response.status !== 200) offerPasskeys()
  return response
}

/** Completes a sign-in from its first step. @returns The result of `call`: the user, or the problem. */
async function signInBySteps(begun) {
  try {
    const step = await begun
    if (step.next === 'second-factor') return (await askFactor(auth, step)) ?? CANCELLED
    if (step.next === 'enrolment') return await signInByEnrolment(step)
    return { status: 200, body: step }
  } catch (error) {
    return failureOf(error)
  }
}

/** The page stays until the user has saved the recovery codes, even if it leads on after the sign-in. */
async function signInByEnrolment(step) {
  isEnrolling = true
  try {
    return (await enrol(auth, step)) ?? CANCELLED
  } finally {
    isEnrolling = false
    if (shownUser()) await show(shownUser())
  }
}

/**
 * Sets up the factor of a new account. If another user is signed in, the token is dropped: that user must
 * agree to a sign-out.
 */
async function continueEnrolment(enrolmentToken) {
  if (auth.user) {
    const text = say(
      'You are signed in as {username}. To set up a new account, sign out, then sign in with it.',
      auth.user,
    )
    return notice(element(shownUser() ? 'session-notice' : 'sign-in-notice'), text)
  }
  isStaying = false
  autofill?.abort()
  const { status, body } = await signInByEnrolment({ enrolmentToken, proofs: [] })
  if (status === 200) return element('who').focus()
  notice(element('sign-in-notice'), body.detail, 'error')
  element('sign-in-title').focus()
  offerPasskeys()
}

/**
 * Offers passkeys in the autofill of the username. The browser asks the user only after a passkey is chosen.
 */
async function offerPasskeys() {
  if (shownUser() !== null || !(await hasAutofill()) || isEnrolling) return
  autofill?.abort()
  autofill = new AbortController()
  const { signal } = autofill
  autofillAtMs = Date.now()
  let isChosen = false
  const signIn = (...request) => {
    isChosen = true
    return auth.signIn(...request)
  }
  try {
    await signInWithPasskey({ post: auth.post, signIn }, { mediation: 'conditional', signal })
  } catch (error) {
    // Without a passkey from the browser, the user can use the form.
    if (!isChosen || signal.aborted) return
    showPasskeyProblem(error)
    offerPasskeys()
  }
}

async function usePasskey() {
  autofill?.abort()
  clearProblem(element('sign-in'))
  notice(element('sign-in-notice'), '')
  try {
    await signInWithPasskey(auth)
    element('who').focus()
  } catch (error) {
    showPasskeyProblem(error)
    offerPasskeys()
  }
}

const showPasskeyProblem = (error) =>
  notice(element('sign-in-notice'), passkeyFailureOf(error).body.detail, 'error')

function showSignedIn(_user, { password }) {
  password.value = ''
  element('who').focus()
}

async function signOut(everywhere) {
  farewell = {
    text: everywhere ? say('You are signed out everywhere.') : say('You are signed out.'),
    kind: 'info',
  }
  try {
    await auth.signOut({ everywhere })
  } catch (error) {
    farewell = undefined
    const { status, body } = failureOf(error)
    // After a 409, the page already shows another user.
    const text = status === 409 ? body.detail : [say('You are still signed in.'), body.detail]
    notice(element('session-notice'), text, 'error')
  }
}

showApp()
onSignInAgain(() => {
  isStaying = false
  follow()
})
onSubmit(element('sign-in'), signIn, showSignedIn)
element('use-passkey').hidden = !hasPasskeys
element('use-passkey').addEventListener('click', ({ target }) => busy(target, usePasskey))
element('sign-out').addEventListener('click', ({ target }) => busy(target, () => signOut(false)))
element('sign-out-everywhere').addEventListener('click', ({ target }) => busy(target, () => signOut(true)))
const stay = (value) => {
  isStaying = value
}
if (HAS_FEDERATION) {
  await federation.startSignIn({
    auth,
    isAgain,
    shownUser,
    show,
    stay,
    complete: signInBySteps,
    offerPasskeys,
  })
}
if (HAS_MAIL_SIGN_IN) {
  startMailSignIn({ show, stay, complete: signInBySteps, offerPasskeys, pause: () => autofill?.abort() })
}
auth.onChange(follow)
begin()
setInterval(tick, 500)
