// Shared functions for the dialogs of /signin and /account.

import { clearProblem, element, failureOf } from '../form.js'
import { say } from '../words.js'

/** The result with which each open dialog will be closed. */
const results = new Map()

/**
 * Shows a dialog, with empty forms.
 *
 * @returns A promise of the argument of {@link closeDialog}: nothing if the user cancels.
 */
export function openDialog(id) {
  const dialog = element(id)
  for (const form of dialog.querySelectorAll('form')) {
    form.reset()
    clearProblem(form)
  }
  results.delete(dialog)
  dialog.showModal()
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(results.get(dialog)), { once: true })
  })
}

export function closeDialog(id, result) {
  const dialog = element(id)
  results.set(dialog, result)
  dialog.close()
}

/** Shows one part of a dialog, and focuses its first field. @param attribute - Of the parts: `data-` and this name. */
export function showPart(id, attribute, shown) {
  for (const part of element(id).querySelectorAll(`[data-${attribute}]`)) {
    part.hidden = part.dataset[attribute] !== shown
    if (!part.hidden) part.querySelector('input, button')?.focus()
  }
}

/** Meanings of the browser's errors (WebAuthn level 3, sections 5.1.3 and 5.1.4). */
const PASSKEY_ERRORS = {
  NotAllowedError: say('No passkey was used: the request was cancelled or took too long. Try again.'),
  InvalidStateError: say('This device already has a passkey for your account.'),
  SecurityError: say('Passkeys do not work at this address of the service.'),
}

/** Returns an error of a passkey call, of the browser or the service, in the form of `call` of `form.js`. */
export const passkeyFailureOf = (error) =>
  error.name === 'AuthError'
    ? failureOf(error)
    : {
        status: 0,
        body: { detail: PASSKEY_ERRORS[error.name] ?? say('This browser could not use a passkey.') },
      }

/** Returns the same for the creation of a passkey. */
export const creationFailureOf = (error) =>
  error.name === 'NotAllowedError' ? { status: 0, body: { detail: NOT_CREATED } } : passkeyFailureOf(error)

const NOT_CREATED = say(
  'No passkey was created. The request was cancelled or took too long, or this device cannot create one.',
)

/**
 * Keeps a dialog open while one of its forms is busy, with all its buttons disabled. The response may have
 * recovery codes, and no later response has them. Buttons stay focusable.
 */
function hold(dialog) {
  const isBusy = dialog.matches(':has([aria-busy])')
  for (const button of dialog.querySelectorAll('button')) button.ariaDisabled = isBusy ? 'true' : null
  // Chromium lets no script cancel a second Escape key.
  dialog.setAttribute('closedby', isBusy ? 'none' : 'closerequest')
}

/** Stops the action of a disabled button, or of the Escape key in other browsers. */
function stop(event) {
  const held = event.type === 'click' ? 'dialog [aria-disabled]' : 'dialog:has([aria-busy])'
  if (!event.target.closest(held)) return
  event.preventDefault()
  event.stopPropagation()
}

new MutationObserver((changes) => {
  for (const { target } of changes) if (target.closest('dialog')) hold(target.closest('dialog'))
}).observe(document, { subtree: true, attributeFilter: ['aria-busy'] })
for (const type of ['click', 'cancel']) document.addEventListener(type, stop, { capture: true })
for (const button of document.querySelectorAll('[data-close]')) {
  button.addEventListener('click', () => button.closest('dialog').close())
}
