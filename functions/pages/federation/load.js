// Loads what the pages /signin and /account need of other identity providers. `plugins/page-files.ts` sets `HAS_FEDERATION`.

// It is there before `federation.js`, which brings its own copy and other words.
import '../form.js'

/** Functions of `federation.js`, which asks for the providers when it loads. Nothing in a service without other providers. */
export const federation = HAS_FEDERATION ? await import('./federation.js') : null
