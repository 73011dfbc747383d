// What the browser keeps of the request of an app, from the page /oauth2/authorize until that page leads back to the app.

/** Where the tab's storage has the app that a sign-in on another page is for. */
const APP_KEY = 'app'
/** A tab that the user has left without a sign-in must not lead to the app for ever. */
const APP_MS = 3_600_000

/** Where the browser's storage has the user whom it last approved. */
const USER_KEY = 'approved-user'

/** Keeps the app for the pages where the user signs in: its name, and the URL of its request. */
export const keepApp = (app) => sessionStorage.setItem(APP_KEY, JSON.stringify({ ...app, atMs: Date.now() }))

/** Returns the app that the tab keeps, or nothing. */
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

/** Returns where the storage has the start of a request. Requests of several apps may be under way in one tab. */
async function startKeyOf(query) {
  const bytes = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(query)))
  return `start-${[...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`
}

/** Returns the start of a request, in seconds by the clock of the service; nothing, if the tab has none. */
export async function startOf(query) {
  try {
    const start = sessionStorage.getItem(await startKeyOf(query))
    return start === null ? undefined : Number(start)
  } catch {
    return undefined
  }
}

/** Keeps the start of a request: the first one that the service named. */
export async function keepStart(query, start) {
  const key = await startKeyOf(query)
  if (sessionStorage.getItem(key) === null) sessionStorage.setItem(key, String(start))
}

/** Removes what the tab keeps of a request. */
export async function forget(query) {
  try {
    sessionStorage.removeItem(await startKeyOf(query))
    sessionStorage.removeItem(APP_KEY)
  } catch {
    // There is nothing to remove.
  }
}

/** Returns the id of the user whom this browser last approved. */
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
