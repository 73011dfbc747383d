// Requests to the admin API, with the session cookie. Each names the operator whom the page shows.

// No operator acts as a user on this page, so it does not need client.js.
import { createAuth } from '../../../client/session.js'
import { call } from '../form.js'
import { language } from '../words.js'

/** A promise that never settles: of a response that the page must not show. */
export const NEVER = new Promise(() => {})

/** The client of the page, and the operator whom the page shows: the response of `GET /admin-api/me`. */
export const page = { auth: undefined, operator: undefined }

/** What the page does when a response says that it cannot continue. */
let ends

/**
 * Starts the client. It refreshes the session at once, so a page in a frame or a prerendered page must not call it.
 *
 * @param given - `leave` drops the page because another user has signed in. `signIn` leads to the sign-in page. `refuse` gets the problem
 *   of a role that does not suffice, and returns whether the page shows something else since.
 */
export function startClient(given) {
  ends = given
  page.auth = createAuth({ url: '.', language })
  return page.auth
}

/** The sign-in is too old for a request (RFC 9470). */
const STEP_UP = 'insufficient_user_authentication'

/** Whether a result of `call` of `form.js` says that the sign-in is too old. */
export const needsSignIn = ({ body }) => body.error === STEP_UP

const problemOf = async (response) =>
  response.ok
    ? {}
    : response
        .clone()
        .json()
        .catch(() => ({}))

/** Sends a request, and once more if another sign-in has renewed the session. @returns The response, and its problem. */
async function fetchTwice(...request) {
  for (let isRepeated = false; ; isRepeated = true) {
    const response = await fetch(...request)
    const { error, detail } = await problemOf(response)
    if (error !== 'session_changed' || isRepeated) return { response, error, detail }
  }
}

const isRefused = ({ response: { status }, error }) =>
  (status === 401 && error !== STEP_UP) || error === 'session_changed'

/** Sends a request. If the service refuses the cookie, the client refreshes the session once, and the request is repeated. */
async function fetchInSession(...request) {
  const first = await fetchTwice(...request)
  if (!isRefused(first)) return first
  await page.auth.refresh().catch(() => {})
  // The client has said who is signed in here now.
  return page.auth.user?.id === page.operator.id ? fetchTwice(...request) : NEVER
}

/**
 * Sends a request to the admin API, like `fetch`. The promise never settles if the page must not show the response.
 *
 * @param init - Of `fetch`. The headers are an object.
 */
export async function fetchAsOperator(url, { headers, ...init }) {
  const own = { 'Content-Type': 'application/json', Operator: page.operator.id }
  const outcome = await fetchInSession(url, { ...init, headers: { ...headers, ...own } })
  const { response, error, detail } = outcome
  const isRead = init.method === 'GET'
  if (error === 'other_user') ends.leave()
  else if (isRefused(outcome) || (isRead && error === STEP_UP)) ends.signIn()
  else if (response.status !== 403 || url.endsWith('/me') || !(await ends.refuse(detail))) return response
  return NEVER
}

/**
 * Sends a request to the admin API.
 *
 * @param options - Those of `call` of `form.js`, and `match`: the ETag of the user whom a change is of.
 * @returns The result of `call`.
 */
export const send = (path, { match, ...options } = {}) =>
  call(`admin-api/${path}`, {
    ...options,
    fetch: (url, { headers, ...init }) =>
      fetchAsOperator(url, { ...init, headers: { ...headers, ...(match && { 'If-Match': match }) } }),
  })
