// Sends changes of the account of a user without a password, each with its proof.

import { changeOf } from '../proof/changes.js'
import { askForProof } from '../proof/dialog.js'
import { keepProof, takeProof } from '../proof/kept.js'
import { say } from '../words.js'

/**
 * Sends a change with a proof in place of the password. It asks for the proof, unless the same change was just refused for another reason.
 *
 * @param send - Calls the service with the access token.
 * @param options - Of `call` of `form.js`.
 * @returns The result of `call`, or why there is no proof.
 */
export async function sendWithProof(send, path, options) {
  const change = changeOf(path, options.method)
  const { currentPassword: _, ...body } = options.body
  const earlier = takeProof(change)
  const proof = earlier ?? (await prove(send, change))
  const { changeToken } = proof
  if (!changeToken) return proof
  const response = await send(path, { ...options, body: { ...body, changeToken } })
  const isMade = response.status >= 200 && response.status < 300
  const isSpent = response.body?.errors?.some(({ pointer }) => pointer === '#/changeToken')
  if (!isMade && !isSpent) keepProof(proof)
  // The response to the request that spent it was lost.
  return earlier && isSpent ? sendWithProof(send, path, options) : response
}

/** @returns The change, its token and how long the token is valid, or the result of `call` without a token. */
async function prove(send, change) {
  const result = await askForProof(send, change)
  if (!result)
    return { status: 0, body: { detail: say('Nothing was changed: the confirmation is missing.') } }
  if (result.status !== 200) return result
  const { changeToken, expiresIn } = result.body
  return { change, changeToken, untilMs: Date.now() + 1000 * expiresIn }
}
