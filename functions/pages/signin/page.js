// The sign-in page: what one does with the tokens of this service, and what it answers. A start for a page of your own.
// Paths are relative to the page's own, so that it works at the root and under the path of a stage.

/** Both tokens, in this variable and nowhere else: not in storage, not in a cookie, not in the document. */
let session

/** When a new attempt to sign in is let through, in milliseconds since the epoch; 0 if there is nothing to wait for. */
let waitUntilMs = 0

const SILENT = { title: 'Refused', detail: 'The service refused, and did not say why.' }

const element = (id) => document.getElementById(id)

/**
 * Calls the service. An answer of its own kind stands for one that never came.
 *
 * @returns Status, headers that matter, and the body: what was asked for, or an RFC 9457 problem.
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
    const answer = text && JSON.parse(text)
    return {
      status: response.status,
      retryAfterSeconds: Number(response.headers.get('Retry-After')),
      // Whatever stands before the service may refuse in words of its own.
      body: response.ok ? answer : { ...SILENT, ...answer },
    }
  } catch {
    return {
      status: 0,
      body: { title: 'No answer', detail: 'There was no answer from the service. Try again.' },
    }
  }
}

/** A session, out of what POST /login and POST /refresh answer. */
const sessionFrom = ({ authToken, expiresIn, refreshToken }) => ({
  accessToken: authToken,
  refreshToken,
  claims: claimsOf(authToken),
  ttlSeconds: expiresIn,
  // By how long it lives and not by its `exp`: the clock of this machine may be wrong.
  expiresAtMs: Date.now() + expiresIn * 1000,
})

/** What a token says, without asking whether it is true: that is for the service to know. */
function claimsOf(token) {
  const base64 = token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/')
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
  return JSON.parse(new TextDecoder().decode(bytes))
}

/** Whole seconds from now on, rounded up: at 0 the time is really over. */
const secondsUntil = (instantMs) => Math.max(0, Math.ceil((instantMs - Date.now()) / 1000))

const clock = (seconds) => {
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  const shown = parts[0] > 0 ? parts : parts.slice(1)
  return shown.map((part, index) => String(part).padStart(index > 0 ? 2 : 1, '0')).join(':')
}

// What is seen.

function make(name, text, className = '') {
  const made = document.createElement(name)
  made.textContent = text
  made.className = className
  return made
}

function notice(id, text, kind = '') {
  element(id).className = `notice ${kind}`
  element(id).textContent = text
}

/** For those who listen: what others see happen elsewhere on the page. */
const say = (text) => {
  element('said').textContent = text
}

/** Shows who is signed in, or the form, and takes the reader there. */
function show(next) {
  session = next
  element('signed-out').hidden = session !== undefined
  element('signed-in').hidden = session === undefined
  for (const answer of document.querySelectorAll('.answer')) answer.replaceChildren()
  element('content-lead').textContent = session
    ? 'Each call carries the access token.'
    : 'Ask without a token too, and see what the service says.'
  document.title = session ? `Signed in as ${session.claims.sub}` : 'Sign in'
  showToken()
}

function showToken() {
  element('name').textContent = session?.claims.sub ?? ''
  element('role').textContent = session?.claims.role ?? ''
  element('claims').replaceChildren(...Object.entries(session?.claims ?? {}).map(showClaim))
  element('life').classList.remove('over')
  tick()
}

const MEANINGS = {
  iss: 'Issuer: who signed it',
  aud: 'Audience: whom it is meant for',
  sub: 'Subject: whom it speaks for',
  role: 'What the holder may do',
  iat: 'Issued at',
  exp: 'Expires at',
  jti: 'Its own id',
  sid: 'The session that it was issued in',
}

function showClaim([name, value]) {
  const isInstant = name === 'iat' || name === 'exp'
  const when = isInstant ? ` ${new Date(value * 1000).toLocaleString()}` : ''
  const description = make('dd', String(value))
  description.append(make('small', (MEANINGS[name] ?? 'A claim of your own') + when))
  const row = make('div', '')
  row.append(make('dt', name), description)
  return row
}

function showAnswer(output, { status, body }) {
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

/** Lets time go by, wherever it is shown. */
function tick() {
  if (session) {
    const seconds = secondsUntil(session.expiresAtMs)
    element('time-left').textContent = clock(seconds)
    element('bar').value = seconds / session.ttlSeconds
    if (seconds === 0 && !session.isOver) {
      session.isOver = true
      element('life').classList.add('over')
      notice('session-notice', 'The access token has expired. Refresh to get the next one.')
    }
  }
  if (waitUntilMs > 0) {
    const seconds = secondsUntil(waitUntilMs)
    element('wait-time').textContent = clock(seconds)
    if (seconds === 0) {
      forgetWait()
      notice('refusal', 'The wait is over. Try again.')
    }
  }
}

function forgetWait() {
  waitUntilMs = 0
  element('wait').hidden = true
}

// What is done.

/** Does one thing at a time for each button. It stays in reach of the keyboard meanwhile. */
async function busy(button, work) {
  if (button.ariaDisabled === 'true') return
  button.ariaBusy = 'true'
  button.ariaDisabled = 'true'
  try {
    await work()
  } finally {
    button.ariaBusy = null
    button.ariaDisabled = null
  }
}

async function signIn({ username, password }) {
  showFaults()
  notice('refusal', '')
  forgetWait()
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
  notice('refusal', body.detail, 'error')
  showFaults(body.errors)
  if (status === 429 && retryAfterSeconds > 0) {
    waitUntilMs = Date.now() + retryAfterSeconds * 1000
    element('wait').hidden = false
    tick()
    say(`Wait ${retryAfterSeconds} seconds.`)
  }
  const field = username.ariaInvalid === 'true' ? username : password
  field.focus()
  field.select()
}

async function refresh() {
  const before = session
  const { status, body } = await call('refresh', { body: { refreshToken: before.refreshToken } })
  // Signed out meanwhile: what comes now is for nobody.
  if (session !== before) return
  if (status === 200) {
    session = sessionFrom(body)
    showToken()
    notice('session-notice', 'Both tokens are new.', 'good')
  } else if (status === 401) {
    leave(body.detail)
  } else {
    notice('session-notice', body.detail, 'error')
  }
}

async function signOut(isEverywhere) {
  const { refreshToken } = session
  const body = isEverywhere ? { refreshToken, everywhere: true } : { refreshToken }
  const answer = await call('logout', { body })
  if (answer.status === 204) leave(isEverywhere ? 'You are signed out everywhere.' : 'You are signed out.')
  else notice('session-notice', `You are still signed in. ${answer.body.detail}`, 'error')
}

/** Forgets the tokens, and says why. */
function leave(reason) {
  show(undefined)
  notice('refusal', reason)
  element('sign-in-title').focus()
}

async function callContent(button) {
  const asked = session
  const output = element(button.dataset.answer)
  output.replaceChildren(make('span', 'Asking …', 'hint'))
  const answer = await call(button.dataset.route, { token: asked?.accessToken })
  // The answer to somebody else's call, once another has signed in.
  if (session?.claims.sub !== asked?.claims.sub) return
  showAnswer(output, answer)
  if (answer.status === 401 && asked && !asked.isOver) {
    notice('session-notice', 'This access token is not good any more. Refresh to get the next one.')
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
for (const button of document.querySelectorAll('[data-route]')) {
  button.addEventListener('click', () => busy(button, () => callContent(button)))
}

element('token-says').open = matchMedia('(min-width: 52rem)').matches
element('demo-users').hidden = !['localhost', '127.0.0.1', '[::1]'].includes(location.hostname)
hidePassword()
setInterval(tick, 500)
