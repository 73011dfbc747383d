// The dialogs that show a new secret of an authenticator app, and new recovery codes.

import { codeIn, element, make, onSubmit } from '../form.js'
import { say } from '../words.js'
import { closeDialog, openDialog } from './dialogs.js'

/** Sends the first code of the app. */
let confirm

/**
 * Shows the secret of an authenticator app, until the user types a code of the app.
 *
 * @param send - Gets the code. Returns the result of `call` of `form.js`.
 * @returns The body of the successful response. Nothing if the user cancels.
 */
export async function setUpTotp({ secret, uri }, send) {
  confirm = send
  const { drawQr } = await import('./qr.js')
  element('totp-qr').replaceChildren(drawQr(uri, say('QR code with the key')))
  element('totp-secret').textContent = secret.replaceAll(/.{4}(?=.)/g, '$& ')
  element('totp-uri').href = uri
  const ended = openDialog('totp-dialog')
  element('totp-code').focus()
  const confirmed = await ended
  // The secret must not stay in the page.
  element('totp-qr').replaceChildren()
  element('totp-secret').textContent = ''
  element('totp-uri').href = 'otpauth://totp/'
  return confirmed
}

const cancel = (event) => event.preventDefault()

/** Shows new recovery codes, until the user confirms that they are saved. Without codes, shows nothing. */
export async function showRecoveryCodes(codes) {
  if (!codes) return
  const text = `${codes.join('\n')}\n`
  element('codes').replaceChildren(...codes.map(rowOf))
  element('codes-copied').textContent = ''
  element('copy-codes').onclick = () => copy(text)
  element('download-codes').onclick = () => download(text)
  const ended = openDialog('codes-dialog')
  element('codes-title').focus()
  // The browser asks before it reloads or leaves the page, which would lose the codes.
  addEventListener('beforeunload', cancel)
  await ended
  removeEventListener('beforeunload', cancel)
  element('codes').replaceChildren()
  element('copy-codes').onclick = null
  element('download-codes').onclick = null
}

function rowOf(code) {
  const row = make('li', '')
  const text = make('code', code)
  text.dir = 'ltr'
  row.append(text)
  return row
}

function download(text) {
  const link = make('a', '')
  link.href = URL.createObjectURL(new Blob([text], { type: 'text/plain' }))
  link.download = 'recovery-codes.txt'
  link.click()
  // WebKit reads the URL after the click.
  setTimeout(URL.revokeObjectURL, 60_000, link.href)
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text)
    element('codes-copied').textContent = say('The codes were copied.')
  } catch {
    // Without HTTPS, browsers do not let pages write to the clipboard.
    getSelection().selectAllChildren(element('codes'))
    element('codes-copied').textContent = say('The codes are selected.')
  }
}

onSubmit(
  element('totp-form'),
  ({ code }) => confirm(codeIn(code)),
  (body) => closeDialog('totp-dialog', body || {}),
)
// The Escape key would lose the codes. Some browsers do not know `closedby`.
element('codes-dialog').addEventListener('cancel', cancel)
element('codes-saved').addEventListener('click', () => closeDialog('codes-dialog'))
