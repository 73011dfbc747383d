// The screen where the user gives an app access.

import { element, notice, showSection } from '../form.js'
import { itemsOf, nameIn } from '../scopes.js'
import { say } from '../words.js'
import { onGuardedClick } from './deaf.js'

/** The user and the scopes on the screen, in the words of the service. */
let shown
let beDeaf

/** Shows the name of the app. For an unregistered app, it is the host. */
function nameApp(client) {
  for (const place of document.querySelectorAll('[data-app]')) place.textContent = nameIn(client)
}

/** Shows where a request leads. A scheme may look like the host of a website. */
function showPlace({ place, device }) {
  for (const where of document.querySelectorAll('[data-place], [data-scheme]')) where.textContent = place
  element('to-place').hidden = device === 'scheme'
  element('to-scheme').hidden = device !== 'scheme'
}

/** Shows the user, the app, and what the app may do. */
export function showScreen({ user, client, scopes }) {
  // Another tab may have signed in another user since the click.
  const isOther = shown && shown.sub !== user.sub
  shown = { sub: user.sub, scope: scopes.map(({ name }) => name).join(' ') }
  element('user').textContent = user.username
  nameApp(client)
  showPlace(client)
  element('unregistered').hidden = client.host === undefined
  element('host').textContent = client.host ?? ''
  element('claimed-name').textContent = client.claimedName ?? ''
  element('on-device').hidden = client.device === undefined
  element('scopes').replaceChildren(...itemsOf(scopes))
  showSection('screen')
  notice(element('screen-notice'), isOther ? say('You are signed in as {username} now.', user) : '')
  beDeaf()
}

/**
 * Shows an error with a link to the app. Such an error may not lead there without a click, because anybody
 * can write the document of an app.
 */
export function showRefused({ client, description, location: target }) {
  nameApp(client)
  element('refused-detail').textContent = description
  link.href = target
  link.textContent =
    client.device === 'scheme'
      ? say('Go to an app on this device ({place})', client)
      : say('Go to {place}', client)
  showSection('refused')
  lockLink()
}

const link = element('to-app')
const lockLink = onGuardedClick(link, () => location.assign(link.href))

/** Calls an action with the content of the screen when the user continues. */
export function onContinue(act) {
  beDeaf = onGuardedClick(element('continue'), () => act(shown))
}
