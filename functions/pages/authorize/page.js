// The page of an authorization request. It asks the service for the next step of the request in the query,
// and takes it.

import { fill } from '../elements.js'
import { busy, call, element, failureOf, notice, showSection } from '../form.js'
import { opened } from '../opened.js'
import { pageUrl, withoutLanguage } from '../page-url.js'
import { nameIn } from '../scopes.js'
import { say } from '../words.js'
import { isClientUrl } from './client-url.js'
import { onContinue, showRefused, showScreen } from './screen.js'
import { forget, keepApp, keepLastUser, keepStart, lastUser, startOf } from './tab.js'

/** The query of the app, which the service reads. The language of the page is no part of it: the way back from the sign-in may add it. */
const query = withoutLanguage(location.search)

const SENTENCES = {
  400: say('The app sent a request that this service does not accept. Go back to the app, and start again.'),
  403: say(
    'Your browser does not say which page asks. Use a current browser, without extensions that change requests.',
  ),
}
const FRAME = say('This page does not work inside another page. Open it in a tab of its own.')
const NO_STORAGE = say(
  'Your browser allows this page no storage, which the sign-in needs. Allow it, and try again.',
)
const NO_REFRESH = say('Your session could not be renewed. Sign out, and start again at the app.')
const NO_TARGET = say('This page may not open the address of the app. Go back to the app.')

/**
 * The start of the request. It is needed after it is removed from the tab's storage, for the link that stays.
 */
let start
/** The access token that a code needs, after a refresh. */
let token
/** The user's action on the screen: a `click`, which repeats what the screen showed, or `cancel`. */
let answered

/**
 * Asks the service for the next step. Refreshes the session once if the service requires it, and repeats once
 * if another sign-in has renewed the session, or the session is of another device.
 *
 * @returns The result of `call` of `form.js`.
 */
async function ask(answer) {
  const repeated = new Set()
  for (;;) {
    start ??= await startOf(query)
    const changed = repeated.has('session')
    const body = { query, ...answer, last: lastUser(), start, changed }
    const response = await call('approve', { body, token })
    const reason = [401, 409].includes(response.status) ? 'session' : response.body.next
    if (!['session', 'refresh'].includes(reason) || repeated.has(reason)) return response
    repeated.add(reason)
    if (reason === 'session') continue
    try {
      const { refresh } = await import('./refresh.js')
      token = await refresh()
    } catch (error) {
      return failureOf(error)
    }
  }
}

/** @param answer - The user's action: `click` or `cancel`. */
async function run(answer) {
  const { status, body } = await ask(answer)
  if (status !== 200) return showProblem(SENTENCES[status] ?? body.detail, SENTENCES[status] && body.detail)
  if (body.next === 'client') return leave(body, answer)
  if (answer?.cancel) return showSection('cancelled')
  if (body.next === 'sign-in') return signIn(body)
  if (body.next === 'screen') return showScreen(body)
  if (body.next === 'error') return isClientUrl(body.location) ? showRefused(body) : showProblem(NO_TARGET)
  return showProblem(NO_REFRESH)
}

/** Shows why the request leads nowhere. @param detail - For the developer of the app. */
function showProblem(text, detail = '') {
  notice(element('problem-notice'), text, 'error')
  fill(element('problem-detail'), detail)
  showSection('problem')
}

/** Leads to the sign-in page and back. @param again - Whether only a sign-in of this tab leads back. */
async function signIn({ again, start: begun, client }, lead = (url) => location.replace(url)) {
  try {
    if (begun !== undefined) await keepStart(query, begun)
    keepApp({ name: nameIn(client), next: location.origin + location.pathname + query })
  } catch {
    // Without the start, the service would require a sign-in each time.
    return showProblem(NO_STORAGE)
  }
  lead(pageUrl('../signin', { again, next: `oauth2/authorize${query}` }))
}

/** Leads to the app, with the code of a user or an error. */
async function leave({ location: target, sub }, answer) {
  if (!isClientUrl(target)) return showProblem(NO_TARGET)
  await forget(query)
  answered = answer
  if (sub !== undefined) keepLastUser(sub)
  showSection('leaving', { isFocused: false })
  location.replace(target)
}

onContinue((click) => run({ click }))
element('cancel').addEventListener('click', ({ target }) => busy(target, () => run({ cancel: true })))
element('other').addEventListener('click', () => {
  const { textContent: name } = element('screen').querySelector('[data-app]')
  // The user may come back to this screen.
  signIn({ again: true, client: { name } }, (url) => location.assign(url))
})
element('retry').addEventListener('click', ({ target }) => busy(target, () => run()))
// A code is valid for a minute, so the link requests another one.
element('once-more').href = pageUrl(query)
element('once-more').addEventListener('click', (event) => {
  event.preventDefault()
  run(answered)
})
// A page from the back/forward cache may show another user.
addEventListener('pageshow', ({ persisted }) => persisted && location.reload())

await opened()
if (window.top === window) run()
else showProblem(FRAME)
