// Storage for the request of an app, from the page /oauth2/authorize until that page leads back to the app.

/** Key in the tab's storage for the app of a sign-in on another page. */
const APP_KEY = 'app'
/** If the user leaves a tab without a sign-in, the tab must not lead to the app for ever. */
const APP_MS = 3_600_000

/** Key in the browser's storage for the user of its latest approval. */
const USER_KEY = 'approved-user'

/** Stores the app for the pages where the user signs in: its name, and the URL of its request. */
export const keepApp = (app) => sessionStorage.setItem(APP_KEY, JSON.stringify({ ...app, atMs: Date.now() }))

/** Returns the app in the tab's storage, or nothing. */
export function appInTab() {
  try {
    const app = JSON.parse(sessionStorage.getItem(APP_KEY))
    if (!app) return undefined
    if (Date.now() - app.atMs < APP_MS) return app
    sessionStorage.removeItem(APP_KEY)
    return undefined
  } catch {
    // The browser allows this page no storage.
    return undefined
  }
}

/** Returns the key in the storage for the start of a request. One tab may have requests of several apps. */
async function startKeyOf(query) {
  const bytes = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(query)))
  return `start-${[...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`
}

/** Returns the start of a request, in seconds by the clock of the service, or nothing if the tab has none. */
export async function startOf(query) {
  try {
    const start = sessionStorage.getItem(await startKeyOf(query))
    return start === null ? undefined : Number(start)
  } catch {
    return undefined
  }
}

/** Stores the start of a request: the first one that the service named. */
export async function keepStart(query, start) {
  const key = await startKeyOf(query)
  if (sessionStorage.getItem(key) === null) sessionStorage.setItem(key, String(start))
}

/** Removes a request from the tab's storage. */
export async function forget(query) {
  try {
    sessionStorage.removeItem(await startKeyOf(query))
    sessionStorage.removeItem(APP_KEY)
  } catch {
    // There is nothing to remove.
  }
}

/** Returns the id of the user of this browser's latest approval. */
export function lastUser() {
  try {
    return localStorage.getItem(USER_KEY) ?? undefined
  } catch {
    return undefined
  }
}

export function keepLastUser(id) {
  try {
    localStorage.setItem(USER_KEY, id)
  } catch {
    // Then the next request shows the screen only for other reasons.
  }
}
