// The sign-in page: signs in, refreshes, signs out, and calls protected routes. Use it as a start for your own page.
// Its style and `form.js` are those of the other pages too.

import { announce, busy, call, clock, decodePart, element, notice, onSubmit, secondsUntil } from '../form.js'

/** Both tokens. Neither is in a storage or a cookie. The document shows the access token, never the refresh token. */
let session

/** Returns a session, from the response of POST /login or POST /refresh. */
const sessionFrom = ({ authToken, expiresIn, refreshToken }) => ({
  accessToken: authToken,
  refreshToken,
  ...decode(authToken),
  ttlSeconds: expiresIn,
  // Computed from the lifetime, not from `exp`: the clock of this device may be wrong.
  expiresAtMs: Date.now() + expiresIn * 1000,
})

/** Decodes header and claims of a token, without verifying its signature. The service verifies it. */
function decode(unverifiedToken) {
  const [header, claims] = unverifiedToken.split('.', 2).map((part) => JSON.parse(decodePart(part)))
  return { header, claims }
}

// What the page shows.

function make(name, text, className = '') {
  const made = document.createElement(name)
  made.textContent = text
  made.className = className
  return made
}

/** Shows the session, or the form. */
function show(next) {
  session = next
  element('signed-out').hidden = session !== undefined
  element('signed-in').hidden = session === undefined
  element('token').hidden = session === undefined
  for (const output of document.querySelectorAll('output')) output.replaceChildren()
  element('content-lead').textContent = session
    ? 'Each request sends the access token.'
    : 'Without a token, both requests return 401.'
  document.title = session ? `Signed in as ${session.claims.username}` : 'Sign in'
  showToken()
}

function showToken() {
  element('name').textContent = session?.claims.username ?? ''
  element('role').textContent = session?.claims.role ?? ''
  const parts = session?.accessToken.split('.') ?? []
  const spans = parts.map((part, index) => make('span', part, `part-${index}`))
  element('raw-token').replaceChildren(...spans.flatMap((span, index) => (index > 0 ? ['.', span] : [span])))
  element('header').replaceChildren(...rowsOf(session?.header))
  element('claims').replaceChildren(...rowsOf(session?.claims))
  element('life').classList.remove('over')
  tick()
}

const MEANINGS = {
  alg: 'Signature algorithm',
  typ: 'Token type: a JWT access token (RFC 9068)',
  kid: 'Key id: the public key that verifies the signature',
  iss: 'Issuer: the service that signed the token',
  aud: 'Audience: the API that accepts the token',
  sub: 'Subject: the id of the signed-in user',
  username: 'The name of the signed-in user',
  role: 'Role: what the user may do',
  iat: 'Issued at',
  exp: 'Expires at',
  jti: 'Token id',
  sid: 'Session id',
  gen: 'Token generation: a revocation moves it on',
}

const rowsOf = (members = {}) => Object.entries(members).map(rowOf)

function rowOf([name, value]) {
  const isInstant = name === 'iat' || name === 'exp'
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

/** Updates the remaining time. */
function tick() {
  if (session === undefined) return
  const seconds = secondsUntil(session.expiresAtMs)
  element('time-left').textContent = clock(seconds)
  element('bar').value = seconds / session.ttlSeconds
  if (seconds === 0 && !session.isOver) {
    session.isOver = true
    element('life').classList.add('over')
    notice(element('session-notice'), 'The access token has expired. Refresh to get a new one.')
  }
}

// What the buttons do.

const signIn = ({ username, password }) =>
  call('login', { body: { username: username.value, password: password.value } })

function showSignedIn(body, { password }) {
  password.value = ''
  notice(element('session-notice'), '')
  show(sessionFrom(body))
  element('who').focus()
}

async function refresh() {
  const before = session
  const { status, body } = await call('refresh', { body: { refreshToken: before.refreshToken } })
  // Signed out meanwhile: discard the new tokens.
  if (session !== before) return
  if (status === 200) {
    session = sessionFrom(body)
    showToken()
    notice(element('session-notice'), 'Both tokens were refreshed.', 'good')
  } else if (status === 401) {
    leave(body.detail)
  } else {
    notice(element('session-notice'), body.detail, 'error')
  }
}

async function signOut(isEverywhere) {
  const { refreshToken } = session
  const body = isEverywhere ? { refreshToken, everywhere: true } : { refreshToken }
  const response = await call('logout', { body })
  if (response.status === 204) {
    leave(isEverywhere ? 'You are signed out everywhere.' : 'You are signed out.', 'info')
  } else notice(element('session-notice'), `You are still signed in. ${response.body.detail}`, 'error')
}

/** Discards the tokens, and shows the reason. */
function leave(reason, kind) {
  show(undefined)
  notice(element('sign-in-notice'), reason, kind)
  element('sign-in-title').focus()
}

async function callContent(button) {
  const caller = session
  const output = element(button.dataset.output)
  output.replaceChildren(make('span', 'Loading …', 'hint'))
  const response = await call(button.dataset.route, { token: caller?.accessToken })
  // Another user has signed in meanwhile.
  if (session?.claims.username !== caller?.claims.username) return
  showResponse(output, response)
  if (response.status === 401 && caller && !caller.isOver) {
    notice(element('session-notice'), 'The access token was rejected. Refresh to get a new one.')
  }
}

async function copyToken(button) {
  try {
    await navigator.clipboard.writeText(session.accessToken)
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
element('refresh').addEventListener('click', ({ target }) => busy(target, refresh))
element('sign-out').addEventListener('click', ({ target }) => busy(target, () => signOut(false)))
element('sign-out-everywhere').addEventListener('click', ({ target }) => busy(target, () => signOut(true)))
element('copy').addEventListener('click', ({ target }) => busy(target, () => copyToken(target)))
for (const button of document.querySelectorAll('[data-route]')) {
  button.addEventListener('click', () => busy(button, () => callContent(button)))
}

element('token-details').open = matchMedia('(min-width: 52rem)').matches
show(undefined)
setInterval(tick, 500)
