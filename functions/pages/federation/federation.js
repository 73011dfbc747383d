// What the pages /signin and /account need of other identity providers, as one file.

import { opened } from '../opened.js'

export { showIdentities, startIdentities } from './identities.js'
export { dropIdentity } from './new-identity.js'
export { focusProvider } from './providers.js'
export { continueResponse, isResponding, startSignIn } from './sign-in.js'

// A response is for the user who opens the page.
await opened()
