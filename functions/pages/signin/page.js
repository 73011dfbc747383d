// The sign-in page: signs in, leads to the page in `?next=`, shows the access token, and calls protected routes. Use it as a
// start for your own page. Its style and `form.js` are those of the other pages too.

import { createAuth } from '../../../client/client.js'
import { hasAutofill, hasPasskeys, signInWithPasskey } from '../../../client/passkeys.js'
import { passkeyFailureOf } from '../factors/dialogs.js'
import { askFactor } from '../factors/second-factor.js'
import {
  announce,
  busy,
  call,
  clock,
  decodePart,
  ENROLMENT_KEY,
  element,
  failureOf,
  make,
  notice,
  onSubmit,
  secondsUntil,
} from '../form.js'
import { enrol } from './enrolment.js'
import { nextUrl } from './next.js'

const auth = createAuth({ url: '.' })

const allowedOrigins = document.querySelector('meta[name="allowed-origins"]').content.split(' ')
/** Where the page leads after the sign-in. Without a URL it stays. */
const next = nextUrl(location.href, allowedOrigins)

/** The access token that the page shows. The refresh token is in a cookie that no script can read. */
let shown

/** Ends the request that offers passkeys in the autofill, and when it began. */
let autofill
let autofillAtMs = 0
/** Browsers and service accept a passkey for 5 minutes. */
const AUTOFILL_MS = 240_000

/** Whether the user sees recovery codes, already signed in. */
let isEnrolling = false

const CANCELLED = { status: 0, body: { detail: 'You are not signed in: the second factor is missing.' } }

/** What the page says when the user is signed out. */
let farewell

function decode(unverifiedToken) {
  const [header, claims] = unverifiedToken.split('.', 2).map((part) => JSON.parse(decodePart(part)))
  return { accessToken: unverifiedToken, header, claims, ttlSeconds: claims.exp - claims.iat }
}

/**
 * Returns when a token expires, by the clock of this device, which may be wrong. A token that replaces another one is new. The
 * first one may come from another tab: then `exp` counts, unless it is impossible.
 */
function expiryOf({ claims, ttlSeconds }) {
  const leftSeconds = shown ? ttlSeconds : secondsUntil(claims.exp * 1000)
  const isPossible = leftSeconds > 0 && leftSeconds <= ttlSeconds
  return Date.now() + (isPossible ? leftSeconds : ttlSeconds) * 1000
}

// What the page shows.

/** Shows the session, the form, or the next page. */
async function show(user) {
  const leadsOn = Boolean(user && next)
  element('loading').hidden = !leadsOn
  element('signed-out').hidden = Boolean(user)
  element('signed-in').hidden = !user || leadsOn
  if (leadsOn) return location.replace(next)
  for (const output of document.querySelectorAll('output')) output.replaceChildren()
  element('content-lead').textContent = user
    ? 'Each request sends the access token.'
    : 'Without a token, both requests return 401.'
  document.title = user ? `Signed in as ${user.username}` : 'Sign in'
  notice(element('session-notice'), '')
  await showToken()
}

/** Shows the current access token. The client refreshes it by itself. */
async function showToken() {
  // Without a network, the token stays until it expires.
  const accessToken = auth.user ? await auth.getAccessToken().catch(() => shown?.accessToken) : undefined
  if (accessToken === shown?.accessToken) return
  const token = accessToken && decode(accessToken)
  shown = token && { ...token, expiresAtMs: expiryOf(token) }
  element('name').textContent = auth.user?.username ?? ''
  element('role').textContent = auth.user?.role ?? ''
  const spans = (accessToken?.split('.') ?? []).map((part, index) => make('span', part, `part-${index}`))
  element('raw-token').replaceChildren(...spans.flatMap((span, index) => (index > 0 ? ['.', span] : [span])))
  element('header').replaceChildren(...rowsOf(shown?.header))
  element('claims').replaceChildren(...rowsOf(shown?.claims))
  element('token').hidden = shown === undefined
  element('life').classList.remove('over')
  showTime()
}

const MEANINGS = {
  alg: 'Signature algorithm',
  typ: 'Token type: a JWT access token (RFC 9068)',
  kid: 'Key id: the public key that verifies the signature',
  iss: 'Issuer: the service that signed the token',
  aud: 'Audience: the API that accepts the token',
  sub: 'Subject: the id of the signed-in user',
  client_id: 'Client: every application of this service',
  username: 'The name of the signed-in user',
  role: 'Role: what the user may do',
  iat: 'Issued at',
  exp: 'Expires at',
  jti: 'Token id',
  sid: 'Session id',
  amr: 'Authentication methods (RFC 8176): pwd is the password, otp an app, recovery a code, pop a passkey, user its PIN or biometrics, mfa two factors',
  acr: 'Authentication level: aal2 is two factors',
  auth_time: 'Signed in at',
  gen: 'Token generation: a revocation moves it on',
}

const rowsOf = (members = {}) => Object.entries(members).map(rowOf)

function rowOf([name, value]) {
  const isInstant = ['iat', 'exp', 'auth_time'].includes(name)
  const when = isInstant ? ` ${new Date(value * 1000).toLocaleString()}` : ''
  const description = make('dd', String(value))
  description.append(make('small', (MEANINGS[name] ?? 'Custom claim') + when))
  const row = make('div', '')
  row.append(make('dt', name), description)
  return row
}

function showResponse(output, { status, body }) {
  const kind = status === 200 ? 'good' : status === 401 ? 'warn' : 'bad'
  const title = status === 200 ? 'OK' : body.title
  output.replaceChildren(
    make('span', status ? `${status} ${title}` : title, `status ${kind}`),
    make('span', status === 200 ? body.message : body.detail),
  )
}

function showTime() {
  if (shown === undefined) return
  const seconds = secondsUntil(shown.expiresAtMs)
  element('time-left').textContent = clock(seconds)
  element('bar').value = seconds / shown.ttlSeconds
  if (seconds === 0 && !shown.isOver) {
    shown.isOver = true
    element('life').classList.add('over')
    notice(element('session-notice'), 'The access token has expired. Refresh to get a new one.')
  }
}

function tick() {
  showTime()
  const isOld = autofill && !autofill.signal.aborted && Date.now() - autofillAtMs > AUTOFILL_MS
  if (isOld && document.visibilityState === 'visible') offerPasskeys()
  if (shown && !shown.isOver) showToken()
}

/** Shows who has signed in or out: on this page, or in another tab. */
function follow(user) {
  if (user === null) offerPasskeys()
  else autofill?.abort()
  if (isEnrolling) return
  const wasSignedIn = shown !== undefined
  show(user)
  if (user !== null || !wasSignedIn) return
  const { text, kind } = farewell ?? { text: 'Your session has ended. Sign in again.' }
  farewell = undefined
  notice(element('sign-in-notice'), text, kind)
  element('sign-in-title').focus()
}

// What the buttons do.

/** Returns the enrolment token that another page of this tab left, and removes it. */
function takeEnrolment() {
  try {
    const enrolmentToken = sessionStorage.getItem(ENROLMENT_KEY)
    sessionStorage.removeItem(ENROLMENT_KEY)
    return enrolmentToken
  } catch {
    // The browser allows this page no storage. The user signs in with the password, and proves the account again.
    return null
  }
}

/** Finds out who is signed in, and sets up the second factor of an account that was created in this tab. */
async function begin() {
  // Also if the request fails, the token does not stay in the storage.
  const enrolmentToken = takeEnrolment()
  if (next) {
    element('sign-in-lead').textContent = 'Sign in to continue.'
    element('protected').hidden = true
  }
  try {
    await auth.getAccessToken()
    if (enrolmentToken) await continueEnrolment(enrolmentToken)
  } catch (error) {
    show(null)
    notice(element('sign-in-notice'), failureOf(error).body.detail, 'error')
  }
}

async function signIn({ username, password }) {
  autofill?.abort()
  const response = await signInBySteps({ username: username.value, password: password.value })
  if (response.status !== 200) offerPasskeys()
  return response
}

/** @returns What `call` returns: the user, or the problem. */
async function signInBySteps(credentials) {
  try {
    const step = await auth.signIn(credentials)
    if (step.next === 'second-factor') return (await askFactor(auth, step)) ?? CANCELLED
    if (step.next === 'enrolment') return await signInByEnrolment(step)
    return { status: 200, body: step }
  } catch (error) {
    return failureOf(error)
  }
}

/** The page stays until the user has saved the recovery codes, also if it leads on after the sign-in. */
async function signInByEnrolment(step) {
  isEnrolling = true
  try {
    return (await enrol(auth, step)) ?? CANCELLED
  } finally {
    isEnrolling = false
    if (auth.user) await show(auth.user)
  }
}

/** Sets up the factor of a new account. That would sign out another user, who must agree: the token is dropped. */
async function continueEnrolment(enrolmentToken) {
  if (auth.user) {
    const text = `You are signed in as ${auth.user.username}. To set up a new account, sign out, then sign in with it.`
    return notice(element('session-notice'), text)
  }
  autofill?.abort()
  const { status, body } = await signInByEnrolment({ enrolmentToken, proofs: [] })
  if (status === 200) return element('who').focus()
  notice(element('sign-in-notice'), body.detail, 'error')
  element('sign-in-title').focus()
  offerPasskeys()
}

/** Offers passkeys in the autofill of the username. The browser does not ask the user before one is chosen. */
async function offerPasskeys() {
  if (auth.user !== null || !(await hasAutofill()) || isEnrolling) return
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

async function refresh() {
  try {
    if (await auth.refresh()) {
      await showToken()
      notice(element('session-notice'), 'The access token was refreshed.', 'good')
    }
  } catch (error) {
    notice(element('session-notice'), failureOf(error).body.detail, 'error')
  }
}

async function signOut(everywhere) {
  farewell = { text: everywhere ? 'You are signed out everywhere.' : 'You are signed out.', kind: 'info' }
  try {
    await auth.signOut({ everywhere })
  } catch (error) {
    farewell = undefined
    const { detail } = failureOf(error).body
    notice(element('session-notice'), `You are still signed in. ${detail}`, 'error')
  }
}

async function callContent(button) {
  const caller = auth.user
  const output = element(button.dataset.output)
  output.replaceChildren(make('span', 'Loading …', 'hint'))
  const response = await call(button.dataset.route, { fetch: auth.fetch })
  // Another user has signed in meanwhile.
  if (auth.user?.id !== caller?.id) return
  showResponse(output, response)
  await showToken()
}

async function copyToken(button) {
  try {
    await navigator.clipboard.writeText(shown.accessToken)
    button.textContent = 'Copied'
    announce('The access token was copied.')
    setTimeout(() => {
      button.textContent = 'Copy token'
    }, 2_000)
  } catch {
    // Without HTTPS, browsers do not let pages write to the clipboard.
    getSelection().selectAllChildren(element('raw-token'))
    announce('The access token is selected.')
  }
}

onSubmit(element('sign-in'), signIn, showSignedIn)
element('use-passkey').hidden = !hasPasskeys
element('use-passkey').addEventListener('click', ({ target }) => busy(target, usePasskey))
element('refresh').addEventListener('click', ({ target }) => busy(target, refresh))
element('sign-out').addEventListener('click', ({ target }) => busy(target, () => signOut(false)))
element('sign-out-everywhere').addEventListener('click', ({ target }) => busy(target, () => signOut(true)))
element('copy').addEventListener('click', ({ target }) => busy(target, () => copyToken(target)))
for (const button of document.querySelectorAll('[data-route]')) {
  button.addEventListener('click', () => busy(button, () => callContent(button)))
}

element('token-details').open = matchMedia('(min-width: 52rem)').matches
auth.onChange(follow)
begin()
setInterval(tick, 500)
