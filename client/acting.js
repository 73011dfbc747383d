// Shows a page to an operator who acts as a user. The token is in the memory of this tab, and nothing renews it: the button and a reload
// end it. At the origin of such a page, the service takes no session cookie.

import { AuthError, claimsOf, placesOf } from './requests.js'

/** Set by the browser's own style rules, so a strict Content-Security-Policy allows it. */
const LOOK = {
  position: 'fixed',
  inset: '0 0 auto',
  zIndex: '2147483647',
  padding: '6px 12px',
  background: '#7a1f00',
  color: '#fff',
  font: '16px/1.5 system-ui, sans-serif',
  textAlign: 'center',
}

const ENDED = 'This has ended. Open the user from the console again.'

const REFUSED = { detail: 'You see this page as another user. End that first.' }

/** @typedef {import('./client.d.ts').Edges} Edges @typedef {import('./client.d.ts').Auth} Auth */

/** The clients of a page act as the same user. @type {WeakMap<Edges, Auth>} */
const begun = new WeakMap()

/**
 * Returns the client of a page that was opened with a code. Takes the code out of the address. Without a code, there is no user.
 *
 * @param {Parameters<typeof import('./client.d.ts').createAuth>[0]} options
 * @param {Edges} edges
 */
export function actingAuth(options, edges) {
  const { href, hash = '' } = edges.location
  const [, code] = /^#act-as=(.*)$/.exec(hash) ?? []
  if (code !== undefined) edges.history?.replaceState(edges.history.state, '', href.slice(0, -hash.length))
  const known = code === undefined ? begun.get(edges) : undefined
  const auth = known ?? begin(options, edges, code)
  begun.set(edges, auth)
  return auth
}

/** @returns {Auth} */
function begin(
  /** @type {{ url: string }} */ options,
  /** @type {Edges} */ edges,
  /** @type {string | undefined} */ code = undefined,
) {
  const { post, requestTo } = placesOf(options, edges)
  const show = showBanner(edges)
  /** @type {Set<() => void>} */
  const listeners = new Set()
  /** @type {import('./client.d.ts').User | null | undefined} */
  let user
  /** @type {Auth['actor']} */
  let actor
  /** @type {string | undefined} */
  let token

  function change(/** @type {any} */ next, /** @type {string} */ sentence) {
    user = next
    show(sentence, actor?.userId)
    for (const listener of listeners) queueMicrotask(() => listeners.has(listener) && listener())
  }

  function end(/** @type {string} */ sentence) {
    token = undefined
    change(null, sentence)
  }

  const exchange = async () => {
    if (code === undefined) throw new Error(ENDED)
    return post('act-as/token', { code }, undefined, 'omit')
  }
  const known = exchange().then(
    ({ authToken, expiresIn }) => {
      const { sub: id, username, role, act } = claimsOf(authToken)
      token = authToken
      actor = { userId: act.sub }
      change({ id, username, role }, `You see this as ${username}.`)
      edges.setTimeout(() => end(ENDED), 1000 * expiresIn)
    },
    (error) => end(error.message),
  )

  const refuse = async () => {
    throw new AuthError(403, /** @type {any} */ (REFUSED))
  }

  return {
    get user() {
      return user
    },
    get actor() {
      return actor
    },
    signIn: refuse,
    post: refuse,
    signOut: async () => edges.location.reload?.(),
    refresh: () => known.then(() => user ?? null),
    getAccessToken: () => known.then(() => token),

    async fetch(input, init) {
      const request = new Request(requestTo(input, init), { credentials: 'omit' })
      await known
      if (token) request.headers.set('Authorization', `Bearer ${token}`)
      return edges.fetch(request)
    },

    onChange(listener) {
      const call = () => listener(/** @type {any} */ (user))
      listeners.add(call)
      if (user !== undefined) queueMicrotask(() => listeners.has(call) && call())
      return () => listeners.delete(call)
    },
  }
}

/** Shows the banner at once, before anything is known. Returns a function that changes its sentence. */
function showBanner(/** @type {Edges} */ { document, location }) {
  const bar = document?.createElement('div')
  const text = document?.createElement('span')
  const button = document?.createElement('button')
  if (bar && text && button) {
    Object.assign(bar.style, LOOK)
    bar.setAttribute('role', 'status')
    button.textContent = 'End'
    button.style.marginLeft = '12px'
    button.onclick = () => location.reload?.()
    bar.append(text, button)
    // Not in the body: an application may replace all that is in it.
    document?.documentElement.append(bar)
  }
  const show = (/** @type {string} */ sentence, /** @type {string} */ actorId = '') => {
    bar?.setAttribute('data-auth-actor', actorId)
    if (text) text.textContent = sentence
  }
  show('You see this as another user.')
  return show
}
