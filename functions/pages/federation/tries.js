// Sign-ins at other providers: what the tab keeps of them until the provider leads back.

const TRY_KEY = 'provider-try'
const RESPONSE_KEY = 'provider-response'

/** The parameters of a response that the service needs. Apple's first response also has the user's name. */
const PARAMETERS = ['code', 'state', 'iss', 'error']

/**
 * Keeps which page began a sign-in.
 *
 * @param page - URL relative to the root of the service, with its query.
 * @throws If the browser allows this page no storage.
 */
export const keepTry = (state, page) => sessionStorage.setItem(TRY_KEY, JSON.stringify({ state, page }))

/**
 * Keeps a response of a provider for the page that began the sign-in.
 *
 * @returns The URL of that page, relative to the root of the service. A response of another sign-in does not remove the one of this tab.
 * @throws If the browser allows this page no storage.
 */
export function keepResponse(provider, query) {
  const sent = new URLSearchParams(
    [...new URLSearchParams(query)].filter(([name]) => PARAMETERS.includes(name)),
  )
  const state = sent.get('state') ?? ''
  const begun = JSON.parse(sessionStorage.getItem(TRY_KEY))
  sessionStorage.setItem(RESPONSE_KEY, JSON.stringify({ provider, query: String(sent) }))
  // The first letter says what the sign-in was for. The service verifies the whole state.
  if (begun?.state !== state) return state.startsWith('l') ? 'account' : 'signin'
  sessionStorage.removeItem(TRY_KEY)
  return begun.page
}

/** Returns the response in the tab's storage, and removes it. Nothing without one. */
export function takeResponse() {
  try {
    const response = JSON.parse(sessionStorage.getItem(RESPONSE_KEY))
    sessionStorage.removeItem(RESPONSE_KEY)
    return response
  } catch {
    // The browser allows this page no storage.
    return null
  }
}
