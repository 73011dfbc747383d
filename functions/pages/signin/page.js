// The sign-in page: signs in, refreshes, signs out, and calls protected routes. Use it as a start for your own page.
// Paths are relative to the page, so that they work at the root and under the path of a stage.

/** Both tokens. Neither is in a storage or a cookie. The document shows the access token, never the refresh token. */
let session

/** When the next attempt to sign in is accepted, in milliseconds since the epoch. 0 if there is no wait. */
let waitUntilMs = 0

const UNKNOWN_PROBLEM = { title: 'Rejected', detail: 'The request was rejected without a reason.' }

const element = (id) => document.getElementById(id)

/**
 * Calls the service.
 *
 * @returns Status, the seconds of Retry-After, and the body: the requested JSON, or an RFC 9457 problem. Status 0 if there is no
 *   response.
 */
async function call(path, { body, token } = {}) {
  try {
    const response = await fetch(path, {
      method: body ? 'POST' : 'GET',
      headers: {
        ...(body && { 'Content-Type': 'application/json' }),
        ...(token && { Authorization: `Bearer ${token}` }),
      },
      ...(body && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    const json = text && JSON.parse(text)
    return {
      status: response.status,
      retryAfterSeconds: Number(response.headers.get('Retry-After')),
      // A proxy in front of the service may send another kind of error.
      body: response.ok ? json : { ...UNKNOWN_PROBLEM, ...json },
    }
  } catch {
    return {
      status: 0,
      body: { title: 'No response', detail: 'The service did not respond. Try again.' },
    }
  }
}

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
  const [header, claims] = unverifiedToken.split('.', 2).map((part) => {
    const base64 = part.replaceAll('-', '+').replaceAll('_', '/')
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
    return JSON.parse(new TextDecoder().decode(bytes))
  })
  return { header, claims }
}

/** Returns the whole seconds until an instant, rounded up: 0 means that it has passed. */
const secondsUntil = (instantMs) => Math.max(0, Math.ceil((instantMs - Date.now()) / 1000))

const clock = (seconds) => {
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  const shown = parts[0] > 0 ? parts : parts.slice(1)
  return shown.map((part, index) => String(part).padStart(index > 0 ? 2 : 1, '0')).join(':')
}

// What the page shows.

function make(name, text, className = '') {
  const made = document.createElement(name)
  made.textContent = text
  made.className = className
  return made
}

function notice(id, text, kind = '') {
  element(id).className = `notice ${kind}`
  element(id).role = kind === 'info' ? 'status' : 'alert'
  element(id).textContent = text
}

/** Announces to screen readers what changes elsewhere on the page. */
const announce = (text) => {
  element('announcement').textContent = text
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

function showFaults(errors = []) {
  for (const name of ['username', 'password']) {
    const texts = errors.filter(({ pointer }) => pointer === `#/${name}`).map(({ detail }) => detail)
    const [field, fault] = [element(name), element(`${name}-fault`)]
    fault.textContent = texts.join(' ')
    fault.hidden = texts.length === 0
    for (const [attribute, value] of [
      ['aria-invalid', 'true'],
      ['aria-describedby', fault.id],
    ]) {
      if (fault.hidden) field.removeAttribute(attribute)
      else field.setAttribute(attribute, value)
    }
  }
}

/** Updates every time on the page. */
function tick() {
  if (session) {
    const seconds = secondsUntil(session.expiresAtMs)
    element('time-left').textContent = clock(seconds)
    element('bar').value = seconds / session.ttlSeconds
    if (seconds === 0 && !session.isOver) {
      session.isOver = true
      element('life').classList.add('over')
      notice('session-notice', 'The access token has expired. Refresh to get a new one.')
    }
  }
  if (waitUntilMs > 0) {
    const seconds = secondsUntil(waitUntilMs)
    element('wait-time').textContent = clock(seconds)
    if (seconds === 0) {
      endWait()
      notice('sign-in-notice', 'You can try again now.', 'info')
    }
  }
}

function endWait() {
  waitUntilMs = 0
  element('wait').hidden = true
}

// What the buttons do.

/** Runs one action at a time for each button. The button stays focusable meanwhile. */
async function busy(button, action) {
  if (button.ariaDisabled === 'true') return
  button.ariaBusy = 'true'
  button.ariaDisabled = 'true'
  try {
    await action()
  } finally {
    button.ariaBusy = null
    button.ariaDisabled = null
  }
}

async function signIn({ username, password }) {
  showFaults()
  notice('sign-in-notice', '')
  endWait()
  hidePassword()
  const { status, body, retryAfterSeconds } = await call('login', {
    body: { username: username.value, password: password.value },
  })
  if (status === 200) {
    password.value = ''
    notice('session-notice', '')
    show(sessionFrom(body))
    element('who').focus()
    return
  }
  notice('sign-in-notice', body.detail, 'error')
  showFaults(body.errors)
  if (status === 429 && retryAfterSeconds > 0) {
    waitUntilMs = Date.now() + retryAfterSeconds * 1000
    element('wait').hidden = false
    tick()
    announce(`Try again in ${retryAfterSeconds} seconds.`)
  }
  const field = username.ariaInvalid === 'true' ? username : password
  field.focus()
  field.select()
}

async function refresh() {
  const before = session
  const { status, body } = await call('refresh', { body: { refreshToken: before.refreshToken } })
  // Signed out meanwhile: discard the new tokens.
  if (session !== before) return
  if (status === 200) {
    session = sessionFrom(body)
    showToken()
    notice('session-notice', 'Both tokens were refreshed.', 'good')
  } else if (status === 401) {
    leave(body.detail)
  } else {
    notice('session-notice', body.detail, 'error')
  }
}

async function signOut(isEverywhere) {
  const { refreshToken } = session
  const body = isEverywhere ? { refreshToken, everywhere: true } : { refreshToken }
  const response = await call('logout', { body })
  if (response.status === 204) {
    leave(isEverywhere ? 'You are signed out everywhere.' : 'You are signed out.', 'info')
  } else notice('session-notice', `You are still signed in. ${response.body.detail}`, 'error')
}

/** Discards the tokens, and shows the reason. */
function leave(reason, kind) {
  show(undefined)
  notice('sign-in-notice', reason, kind)
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
    notice('session-notice', 'The access token was rejected. Refresh to get a new one.')
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

function hidePassword(isHidden = true) {
  element('password').type = isHidden ? 'password' : 'text'
  element('show-password').textContent = isHidden ? 'Show' : 'Hide'
  element('show-password').ariaLabel = isHidden ? 'Show password' : 'Hide password'
}

element('sign-in').addEventListener('submit', (event) => {
  event.preventDefault()
  busy(event.submitter, () => signIn(event.target.elements))
})
element('show-password').addEventListener('click', () => hidePassword(element('password').type === 'text'))
element('refresh').addEventListener('click', ({ target }) => busy(target, refresh))
element('sign-out').addEventListener('click', ({ target }) => busy(target, () => signOut(false)))
element('sign-out-everywhere').addEventListener('click', ({ target }) => busy(target, () => signOut(true)))
element('copy').addEventListener('click', ({ target }) => busy(target, () => copyToken(target)))
for (const button of document.querySelectorAll('[data-route]')) {
  button.addEventListener('click', () => busy(button, () => callContent(button)))
}

element('token-details').open = matchMedia('(min-width: 52rem)').matches
element('demo-users').hidden = !['localhost', '127.0.0.1', '[::1]'].includes(location.hostname)
hidePassword()
show(undefined)
setInterval(tick, 500)
