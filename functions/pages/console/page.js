// The console: finds users, and shows and changes one. All of it is the admin API; the page only shows what the operator may do.

import { element, failureOf, notice, showSection } from '../form.js'
import { opened } from '../opened.js'
import { pageUrl } from '../page-url.js'
import { say } from '../words.js'
import { idInAddress, signinUrl } from './address.js'
import { page, send, startClient } from './api.js'
import { showSearch, startSearch } from './search.js'
import { dropUser, showUser } from './user.js'

const FRAME = say('This page does not work inside another page. Open it in a tab of its own.')

/** Whether the page leads elsewhere. */
let isLeaving = false

function leadTo(act) {
  isLeaving = true
  act()
}

/** @param isAgain - Whether only a new sign-in leads back: the session of the cookie does not suffice. */
const leadToSignIn = (isAgain) => leadTo(() => location.replace(signinUrl({ isAgain })))

/** Another user has signed in in this browser. Nothing of the operator before may stay, also not in the address. */
const leave = () =>
  leadTo(() => {
    history.replaceState(null, '', pageUrl(location.pathname))
    location.reload()
  })

/** Shows why the page does not continue. Removes the shown user. */
function showUnavailable(text, { canRepeat = false } = {}) {
  closeDialogs()
  dropUser()
  element('loading-text').hidden = true
  element('loading-actions').hidden = !canRepeat
  notice(element('loading-notice'), text, 'error')
  showSection('loading')
}

function closeDialogs() {
  for (const dialog of document.querySelectorAll('dialog[open]')) dialog.close()
}

/** Reads who uses the console. @returns Whether the page can continue. */
async function readOperator() {
  const { status, body } = await send('me')
  if (status !== 200) showUnavailable(body.detail, { canRepeat: status !== 403 })
  else if (body.may.length === 0) showUnavailable(say('Your role may not use this page.'))
  else page.operator = body
  return page.operator === body
}

/** The operator's role may have changed. @returns Whether the page has ended, or shows less than before. */
async function checkRole(detail) {
  const before = JSON.stringify(page.operator)
  if (!(await readOperator())) return true
  if (JSON.stringify(page.operator) === before) return false
  startSearch()
  route(detail)
  return true
}

/** Shows what the address names. @param text - Of a problem. */
function route(text = '') {
  closeDialogs()
  const { operator } = history.state ?? {}
  // Another operator has opened this user in this tab.
  if (operator && operator !== page.operator.id) history.replaceState(null, '', pageUrl(location.pathname))
  const id = idInAddress()
  history.replaceState({ operator: page.operator.id }, '')
  if (id) return showUser(id, text)
  dropUser()
  showSearch(text)
}

async function start() {
  if (!(await readOperator())) return
  startSearch()
  route()
}

/** Follows the sign-ins of this browser. */
function follow(user) {
  if (isLeaving) return
  if (user === null) return leadToSignIn(false)
  if (page.operator === undefined) {
    page.operator = { id: user.id, username: user.username }
    return start()
  }
  if (user.id !== page.operator.id) return leave()
  // The client calls this also after a change of the role.
  return checkRole(say('Your role was changed.'))
}

async function begin() {
  element('loading-actions').hidden = true
  notice(element('loading-notice'), '')
  if (page.operator) return start()
  const auth = page.auth ?? startClient({ leave, signIn: () => leadToSignIn(true), refuse: checkRole })
  auth.onChange(follow)
  try {
    await auth.getAccessToken()
  } catch (error) {
    showUnavailable(failureOf(error).body.detail, { canRepeat: true })
  }
}

element('try-again').addEventListener('click', () => begin())
addEventListener('hashchange', () => page.operator?.may && route())
// A page from the back/forward cache may show the data of a user who has signed out.
addEventListener('pageshow', ({ persisted }) => persisted && location.reload())

await opened()
if (window.top === window) begin()
else showUnavailable(FRAME)
