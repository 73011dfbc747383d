// The page of a sign-out that an app requests. It asks the service for the next step, and takes it.

import { fill } from '../elements.js'
import { busy, call, element, notice, showSection } from '../form.js'
import { opened } from '../opened.js'
import { pageUrl } from '../page-url.js'
import { say } from '../words.js'
import { isClientUrl } from './client-url.js'
import { onGuardedClick } from './deaf.js'

/** The unchanged query: the service reads it. A form is in the page. */
const query = document.querySelector('main').dataset.form || location.search

const SENTENCES = {
  400: say(
    'The app sent a request that this service does not accept. Sign out at the app, or on your account page.',
  ),
  403: say(
    'Your browser does not say which page asks. Use a current browser, without extensions that change requests.',
  ),
}
const FRAME = say('This page does not work inside another page. Open it in a tab of its own.')
const NO_TARGET = say('You are signed out. This page may not open the address of the app.')

/** The user whom the page has asked. */
let asked

const beDeaf = onGuardedClick(element('leave'), () => run(asked))

/** @param sub - The user who agreed. */
async function run(sub) {
  const { status, body } = await call('signout', { body: { query, sub } })
  if (status !== 200) return showProblem(SENTENCES[status] ?? body.detail, SENTENCES[status] && body.detail)
  if (body.next === 'question') return ask(body)
  if (body.location === undefined) return showEnd('signed-out')
  if (!isClientUrl(body.location)) return showProblem(NO_TARGET)
  location.replace(body.location)
}

function ask({ user, client }) {
  // Another tab may have signed in another user since the click.
  const isOther = asked !== undefined && asked !== user.sub
  asked = user.sub
  element('user').textContent = user.username
  element('asking').hidden = !client
  element('asking').textContent = client ? say('{app} asks to sign you out.', { app: client.name }) : ''
  showSection('question')
  notice(element('question-notice'), isOther ? say('You are signed in as {username} now.', user) : '')
  beDeaf()
}

/** Shows the end, and removes the id_token from the address. */
function showEnd(section) {
  history.replaceState(null, '', pageUrl(location.pathname))
  showSection(section)
}

/** Shows a problem. @param detail - For the developer of the app. */
function showProblem(text, detail = '') {
  notice(element('problem-notice'), text, 'error')
  fill(element('problem-detail'), detail)
  showSection('problem')
}

element('stay').addEventListener('click', () => showEnd('staying'))
element('retry').addEventListener('click', ({ target }) => busy(target, () => run(asked)))
// A page from the back/forward cache may show another user.
addEventListener('pageshow', ({ persisted }) => persisted && location.reload())

await opened()
if (window.top === window) run()
else showProblem(FRAME)
