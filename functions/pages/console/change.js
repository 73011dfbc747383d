// A change that the dialog has confirmed.

import { send } from './api.js'
import { confirm } from './confirm.js'

/** The result of a change that the operator has cancelled. */
const CANCELLED = { status: 0, body: { detail: '' } }

/**
 * Asks before a change, and sends it.
 *
 * @param question - The texts of the dialog.
 * @param request - Its `path`, and the options of `send` of `api.js`.
 * @returns The result of `send`. If the operator cancels, the detail is empty.
 */
export const change = async (question, { path, ...options }) =>
  (await confirm(question, () => send(path, options))) ?? CANCELLED
