// Keeps a browser signed in, or shows the page to an operator who acts as a user. client.d.ts describes what it exports.

import { actingAuth } from './acting.js'
import { createAuth as createSession } from './session.js'

export { AuthError } from './requests.js'

/** @type {typeof import('./client.d.ts').createAuth} */
export const createAuth = (options, edges = globalThis) =>
  options.actAs ? actingAuth(options, edges) : createSession(options, edges)
