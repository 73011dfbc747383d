// The screen where the user agrees that an app learns who they are.

import { element, make, notice, showSection } from '../form.js'

/**
 * How long the button does nothing after the screen has come, or has come to the front. A page of an attacker can open this one
 * between the two clicks of a double click.
 */
const DEAF_MS = 1_000

/** What the screen shows: the user and the scopes, as the service names them. */
let shown
let readyAtMs = Number.POSITIVE_INFINITY
let timer

const isDeaf = () => performance.now() < readyAtMs || !document.hasFocus()

function wake() {
  if (!isDeaf() && !element('continue').ariaBusy) element('continue').ariaDisabled = null
}

function beDeaf() {
  readyAtMs = performance.now() + DEAF_MS
  element('continue').ariaDisabled = 'true'
  clearTimeout(timer)
  timer = setTimeout(wake, DEAF_MS)
}

/** Shows who continues to which app, and what the app can do then. */
export function showScreen({ user, client, scopes }) {
  // Another tab may have signed in another user since the click.
  const isOther = shown && shown.sub !== user.sub
  shown = { sub: user.sub, scope: scopes.map(({ name }) => name).join(' ') }
  element('user').textContent = user.username
  for (const name of document.querySelectorAll('[data-app]')) name.textContent = client.name
  element('place').textContent = client.place
  element('scopes').replaceChildren(...scopes.map(({ sentence }) => make('li', sentence)))
  showSection('screen')
  notice(element('screen-notice'), isOther ? `You are signed in as ${user.username} now.` : '')
  beDeaf()
}

/** Calls an action with what the screen showed, when the user continues. */
export function onContinue(act) {
  const button = element('continue')
  button.addEventListener('click', async () => {
    if (button.ariaBusy || isDeaf()) return
    button.ariaBusy = 'true'
    button.ariaDisabled = 'true'
    await act(shown)
    button.ariaBusy = null
    wake()
  })
  addEventListener('focus', beDeaf)
  document.addEventListener('visibilitychange', beDeaf)
}
