// Loads what the pages /signin and /account need of other identity providers. Services without them do not load it.

import { metaOf } from '../form.js'

/** Functions of `federation.js`, which asks for the providers when it loads. Nothing if users cannot sign in by other providers. */
export const federation = metaOf('federation') ? await import('./federation.js') : undefined
