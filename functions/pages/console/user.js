// The shown user. What belongs to it is one object, which is dropped with its address. So no late response shows one user at the address
// of another.

import { call, element, notice, setTitle, showSection } from '../form.js'
import { say } from '../words.js'
import { showActing } from './acting.js'
import { showActions } from './actions.js'
import { addressOf } from './address.js'
import { fetchAsOperator, NEVER, send } from './api.js'
import { confirm } from './confirm.js'
import { showFacts } from './facts.js'
import { showForms } from './forms.js'
import { showLists } from './lists.js'
import { showSearch } from './search.js'

/** Parts of the page about a user. Each gets the view after its template is in the page. */
const PARTS = [showFacts, showActions, showActing, showForms, showLists]

let shown

/** Removes the shown user from the page. */
export function dropUser() {
  shown = undefined
  element('user').replaceChildren()
}

/**
 * Shows a user. @param text - Of a message. @param kind - Of the message: `error`, or `good`.
 */
export async function showUser(id, text = '', kind = 'error') {
  if (shown?.id !== id) {
    dropUser()
    showLoading()
  }
  const view = viewOf(id)
  shown = view
  const { status, body } = await call(`admin-api/users/${id}`, { fetch: view.fetchVersion })
  // The body comes after the response. By then, the page may show another user.
  if (shown !== view) return
  if (status !== 200) return showProblem(body)
  view.user = body
  element('user').replaceChildren(element('user-template').content.cloneNode(true))
  for (const show of PARTS) show(view)
  notice(element('user-notice'), text, kind)
  showSection('user')
  // The history of the browser has titles.
  setTitle(say('User'))
}

/**
 * Returns the view of a user: `user` and `etag` as the service sent them, `fetch` for requests about the user, `confirm`, and `change`.
 */
function viewOf(id) {
  const view = { id, path: `admin-api/users/${id}` }
  const ifShown = (value) => (shown === view ? value : NEVER)
  view.fetch = async (...request) => {
    const response = await fetchAsOperator(...request)
    // A response whose body is not read keeps its connection.
    if (shown !== view) await response.body?.cancel()
    return ifShown(response)
  }
  view.fetchVersion = async (...request) => {
    const response = await view.fetch(...request)
    view.etag = response.headers.get('ETag')
    return response
  }
  view.confirm = async (...request) => ifShown(await confirm(...request))
  view.change = async (question, request, done) => {
    const path = `users/${id}${request.path}`
    const response = await view.confirm(question, () => send(path, { ...request, match: view.etag }))
    await showChange(view, { ...request, path }, response, done)
    return response
  }
  return view
}

/** Shows a user after a change, or as another change has left it. */
function showChange({ id }, { path, method }, { status, body }, done) {
  if (status === 409 || status === 404) return showUser(id, body.detail)
  if (status < 200 || status >= 300) return undefined
  return method === 'DELETE' && path === `users/${id}` ? showDeleted(done) : showUser(id, done, 'good')
}

function showDeleted(text) {
  history.replaceState(history.state, '', addressOf(''))
  dropUser()
  showSearch(text, 'good')
}

function showLoading() {
  element('loading-text').hidden = false
  element('loading-actions').hidden = true
  element('to-search').hidden = true
  notice(element('loading-notice'), '')
  showSection('loading', { isFocused: false })
}

function showProblem({ detail }) {
  dropUser()
  element('loading-text').hidden = true
  element('to-search').hidden = false
  notice(element('loading-notice'), detail, 'error')
  showSection('loading')
}
