// The screen where the user agrees that an app learns who they are.

import { element, make, notice, showSection } from '../form.js'
import { say } from '../words.js'
import { onGuardedClick } from './deaf.js'

/** What the screen shows: the user and the scopes, as the service names them. */
let shown
let beDeaf

/** A loopback address, where any program of the device may listen (RFC 8252 section 8.3). */
const ON_DEVICE = /^(127\.0\.0\.1|\[::1\]|localhost)(:|$)/

/** Shows who continues to which app, and what the app can do then. */
export function showScreen({ user, client, scopes }) {
  // Another tab may have signed in another user since the click.
  const isOther = shown && shown.sub !== user.sub
  shown = { sub: user.sub, scope: scopes.map(({ name }) => name).join(' ') }
  element('user').textContent = user.username
  for (const name of document.querySelectorAll('[data-app]')) name.textContent = client.name
  element('place').textContent = client.place
  element('unregistered').hidden = client.host === undefined
  element('host').textContent = client.host ?? ''
  element('on-device').hidden = !ON_DEVICE.test(client.place)
  element('scopes').replaceChildren(...scopes.map(({ sentence }) => make('li', sentence)))
  showSection('screen')
  notice(element('screen-notice'), isOther ? say('You are signed in as {username} now.', user) : '')
  beDeaf()
}

/** Calls an action with what the screen showed, when the user continues. */
export function onContinue(act) {
  beDeaf = onGuardedClick(element('continue'), () => act(shown))
}
