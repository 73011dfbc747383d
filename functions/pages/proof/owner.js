// Whether the user of the page /account has a password, and the page for a user who has none.

import { element } from '../form.js'

/** What proves a change of the account: `password`, or of a user without one `passkey` and `mail`. */
let proofs = ['password']

/** Whether the user types the current password for a change. */
export const hasPassword = () => proofs.includes('password')

/** Whether the user can prove a change. */
export const canProve = () => proofs.length > 0

/**
 * Reads the profile, and what proves a change. Shows no field for a password to a user who has none.
 *
 * @param send - Calls the service with the access token.
 * @returns The result of `call` for the profile, or for what has failed.
 */
export async function findOwner(send) {
  const [profile, owner] = await Promise.all([send('me'), send('proof/ways')])
  if (profile.status !== 200) return profile
  if (owner.status !== 200) return owner
  proofs = owner.body.proofs
  if (!hasPassword()) showPasswordless()
  return profile
}

/** A user who chooses a password is signed out by it, so the page never needs the way back. */
function showPasswordless() {
  for (const template of document.querySelectorAll('template[data-replaces]')) {
    document.querySelector(template.dataset.replaces)?.replaceWith(template.content)
    template.remove()
  }
  for (const id of ['email-password', 'language-password', 'delete-password']) {
    const field = element(id)
    if (!field) continue
    field.closest('.field').hidden = true
    field.disabled = true
  }
}
