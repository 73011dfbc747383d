// The demo on the sign-in page: shows the access token, and calls the protected routes.

import {
  announce,
  auth,
  busy,
  call,
  clock,
  decodePart,
  element,
  failureOf,
  make,
  notice,
  onShow,
  secondsUntil,
} from './plain.js'

/** The access token that the page shows. The refresh token is in a cookie that no script can read. */
let shown

function decode(unverifiedToken) {
  const [header, claims] = unverifiedToken.split('.', 2).map((part) => JSON.parse(decodePart(part)))
  return { accessToken: unverifiedToken, header, claims, ttlSeconds: claims.exp - claims.iat }
}

/**
 * Returns when a token expires, by the clock of this device, which may be wrong. A token that replaces
 * another one is new. The first token may come from another tab: then `exp` counts, if it is possible.
 */
function expiryOf({ claims, ttlSeconds }) {
  const leftSeconds = shown ? ttlSeconds : secondsUntil(claims.exp * 1000)
  const isPossible = leftSeconds > 0 && leftSeconds <= ttlSeconds
  return Date.now() + (isPossible ? leftSeconds : ttlSeconds) * 1000
}

// The content of the page.

/** Shows the token of the user, but nothing of another user. */
async function show() {
  for (const output of document.querySelectorAll('output')) output.replaceChildren()
  await showToken()
}

/** Shows the current access token. The client refreshes it automatically. */
async function showToken() {
  // Without a network, the token stays until it expires.
  const accessToken = auth.user ? await auth.getAccessToken().catch(() => shown?.accessToken) : undefined
  if (accessToken === shown?.accessToken) return
  const token = accessToken && decode(accessToken)
  shown = token && { ...token, expiresAtMs: expiryOf(token) }
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
  kid: 'Key id: names the public key',
  iss: 'Issuer: the service that signed it',
  aud: 'Audience: the API that accepts the token',
  sub: 'Subject: the id of the user',
  client_id: 'Client: any app of this service',
  username: 'Name of the user',
  role: 'Role: what the user may do',
  iat: 'Issued at',
  exp: 'Expires at',
  jti: 'Token id',
  sid: 'Session id',
  amr: 'Authentication methods (RFC 8176): pwd password, otp app, recovery code, pop passkey, user PIN or biometrics, mfa two factors',
  acr: 'Level: aal2 is two factors',
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
  const isOk = status && status < 300
  const { title, message, detail = message ?? JSON.stringify(body) } = Object(body)
  const kind = isOk ? 'good' : status === 401 ? 'warn' : 'bad'
  output.replaceChildren(
    make('span', `${status || ''} ${isOk ? 'OK' : title}`.trim(), `status ${kind}`),
    make('span', detail),
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
  if (shown && !shown.isOver) showToken()
}

// The actions of the buttons.

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

/** Shows a route of the application, such as `GET/admin!`: a button that calls it, and the response. */
function routeOf(text) {
  const path = text.replace(/GET|!/g, '')
  const button = make('button', `Send GET ${path}`)
  const output = make('output', '', 'response')
  button.addEventListener('click', () => busy(button, () => callContent(`.${path}`, output)))
  const article = make('article', '', 'route')
  article.append(button, output)
  return article
}

async function callContent(path, output) {
  const caller = auth.user
  output.replaceChildren(make('span', 'Loading …', 'hint'))
  const response = await call(path, { fetch: auth.fetch })
  // Another user has signed in since the request.
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

element('refresh').addEventListener('click', ({ target }) => busy(target, refresh))
element('copy').addEventListener('click', ({ target }) => busy(target, () => copyToken(target)))
const routes = document.querySelector('[data-routes]')
routes?.append(...routes.dataset.routes.split(' ').map(routeOf))
element('token-details').open = matchMedia('(min-width: 52rem)').matches
onShow(show)
setInterval(tick, 500)
