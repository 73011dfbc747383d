// Second factors and passkeys on the page /account.

import { createPasskey } from '../../../client/passkeys.js'
import { creationFailureOf } from '../factors/dialogs.js'
import { setUpTotp, showRecoveryCodes } from '../factors/set-up.js'
import { busy, call, element, make, notice } from '../form.js'
import { keepPasskeys, signalRemoval, signalShownUser } from '../mail/signals.js'
import { hasPassword } from '../proof/owner.js'
import * as passwordless from '../proof/texts.js'
import { say, sayCount } from '../words.js'
import { askForChange } from './change.js'
import { dayOf, hourOf } from './days.js'
import { rowWith, textOf } from './list.js'

/** The functions of the page for this module. */
let page
/** The kinds of factors that the user has. */
let factors = []

/** Returns a success if another tab has removed the passkey, so that the page reads the list again. */
const orGone = (response) => (response.status === 404 ? { status: 200, body: { isGone: true } } : response)

/**
 * Starts the section of the page about factors.
 *
 * @param given - `send` calls the service with the access token. `change` does the same for changes that need
 *   a recent sign-in. `update` shows the account after a change.
 */
export function startFactors(given) {
  page = given
  const buttons = {
    'totp-add': addTotp,
    'totp-remove': removeTotp,
    'codes-new': replaceCodes,
    'passkey-add': addPasskey,
  }
  for (const [id, act] of Object.entries(buttons)) {
    element(id).addEventListener('click', ({ target }) => begin(target, act))
  }
}

/** Shows the factors of a profile. */
export async function showFactors(profile) {
  const { recoveryCodesLeft } = profile
  factors = profile.factors ?? []
  const hasTotp = factors.includes('totp')
  element('totp-state').textContent = hasTotp ? say('On') : say('Off')
  element('totp-add').textContent = hasTotp ? say('Replace') : say('Set up')
  element('totp-add').ariaLabel = hasTotp
    ? say('Replace the authenticator app')
    : say('Set up the authenticator app')
  element('totp-remove').hidden = !hasTotp
  element('codes-row').hidden = factors.length === 0
  element('codes-left').textContent = sayCount(
    { one: '1 code left', other: '{count} codes left' },
    recoveryCodesLeft ?? 0,
  )
  element('codes-left').className = `badge ${recoveryCodesLeft > 3 ? 'good' : 'warn'}`
  await showPasskeys()
  if (HAS_MAIL_SIGN_IN) await signalShownUser(profile)
}

async function showPasskeys() {
  // A sign-out removes the elements. A late response changes the removed ones.
  const [list, refusal] = [element('passkeys'), element('factors-notice')]
  const { status, body } = await call('passkeys', { fetch: page.fetch })
  if (status !== 200) return notice(refusal, body.detail, 'error')
  list.replaceChildren(...body.passkeys.map(rowOf))
  list.hidden = body.passkeys.length === 0
  if (HAS_MAIL_SIGN_IN) keepPasskeys(body)
}

function rowOf(passkey) {
  const { name, createdAt, lastUsedAt, synced } = passkey
  const facts = { day: dayOf(createdAt), used: lastUsedAt && hourOf(lastUsedAt) }
  const text = textOf(
    make('strong', name),
    make('span', synced ? say('Synced') : say('This device only'), 'badge'),
    make(
      'p',
      lastUsedAt ? say('Added {day}, last used {used}', facts) : say('Added {day}, not used yet', facts),
      'hint',
    ),
  )
  return rowWith(
    text,
    buttonOf(say('Rename'), say('Rename the passkey {name}', { name }), () => rename(passkey)),
    buttonOf(say('Remove'), say('Remove the passkey {name}', { name }), () => removePasskey(passkey)),
  )
}

function buttonOf(text, label, act) {
  const button = make('button', text)
  button.type = 'button'
  button.ariaLabel = label
  button.addEventListener('click', () => begin(button, act))
  return button
}

/** Begins a change. Removes the message of the change before. */
function begin(button, act) {
  notice(element('factors-notice'), '')
  return busy(button, act)
}

/** Shows new recovery codes first, and then the message of a change. */
async function showChange(text, body) {
  await showRecoveryCodes(body.recoveryCodes)
  await page.update()
  notice(element('factors-notice'), text, 'good')
  element('factors-title').focus()
}

const withPassword = ({ currentPassword }) => ({ currentPassword: currentPassword.value })
const pathOf = ({ id }) => `passkeys/${encodeURIComponent(id)}`

/** Returns the message of a new app. Only the first factor ends other sessions. */
const addingApp = () => {
  if (HAS_MAIL_SIGN_IN && !hasPassword()) return passwordless.addingApp(factors.length === 0)
  return factors.length > 0
    ? say('A sign-in with the password then needs a code of the app or another factor.')
    : say(
        'A sign-in with the password then needs a code of the app or another factor. Your other sessions end.',
      )
}

async function addTotp() {
  const isNew = !factors.includes('totp')
  const secret = await askForChange(
    {
      title: isNew ? say('Set up an authenticator app') : say('Replace the authenticator app'),
      text: isNew
        ? addingApp()
        : say('The codes of your former app stop working, and your other sessions end.'),
      button: say('Continue'),
    },
    (fields) => page.change('factors/totp', { method: 'POST', body: withPassword(fields) }),
  )
  const body =
    secret && (await setUpTotp(secret, (code) => page.send('factors/totp/confirm', { body: { code } })))
  if (body) await showChange(say('The authenticator app is set up.'), body)
}

async function removeTotp() {
  const isDone = await askForChange(
    {
      title: say('Remove the authenticator app'),
      text:
        HAS_MAIL_SIGN_IN && !hasPassword()
          ? passwordless.removingApp()
          : say(
              'Its codes stop working, and your other sessions end. Without another factor, your password alone signs you in, and the recovery codes are deleted.',
            ),
      button: say('Remove'),
      isDangerous: true,
    },
    (fields) => page.change('factors/totp', { method: 'DELETE', body: withPassword(fields) }),
  )
  if (isDone) await showChange(say('The authenticator app was removed.'), {})
}

async function replaceCodes() {
  const body = await askForChange(
    {
      title: say('Get new recovery codes'),
      text: say('Your former codes stop working.'),
      button: say('Get new codes'),
    },
    (fields) => page.change('factors/recovery-codes', { method: 'POST', body: withPassword(fields) }),
  )
  if (body) await showChange(say('You have new recovery codes.'), body)
}

const addingPasskey = () => {
  if (HAS_MAIL_SIGN_IN && !hasPassword()) return passwordless.addingPasskey(factors.length === 0)
  return factors.length > 0
    ? say(
        'Your device or phone then signs you in, without the password. A security key without a PIN is a second factor only.',
      )
    : say(
        'Your device or phone then signs you in, without the password. A security key without a PIN is a second factor only. Your other sessions end.',
      )
}

async function addPasskey() {
  const body = await askForChange(
    {
      title: say('Add a passkey'),
      text: addingPasskey(),
      button: say('Create the passkey'),
      hasName: true,
    },
    async (fields) => {
      const options = await page.change('passkeys/options', { method: 'POST', body: withPassword(fields) })
      if (options.status !== 200) return options
      try {
        const name = fields.name.value.trim()
        const response = await createPasskey(options.body)
        return page.send('passkeys', { body: { response, ...(name && { name }) } })
      } catch (error) {
        return creationFailureOf(error)
      }
    },
  )
  if (body) await showChange(say('The passkey was added.'), body)
}

async function rename(passkey) {
  const renamed = await askForChange(
    {
      title: say('Rename the passkey'),
      button: say('Rename'),
      hasName: true,
      hasPassword: false,
      name: passkey.name,
    },
    async ({ name }) =>
      orGone(await page.send(pathOf(passkey), { method: 'PATCH', body: { name: name.value.trim() } })),
  )
  if (renamed)
    await showChange(renamed.isGone ? say('This passkey was removed.') : say('The passkey was renamed.'), {})
}

async function removePasskey(passkey) {
  const isDone = await askForChange(
    {
      title: say('Remove the passkey'),
      text:
        HAS_MAIL_SIGN_IN && !hasPassword()
          ? passwordless.removingPasskey(passkey)
          : say(
              '{name} stops signing you in, and your other sessions end. Without another factor, your password alone signs you in, and the recovery codes are deleted. Delete it on your device, too.',
              passkey,
            ),
      button: say('Remove'),
      isDangerous: true,
    },
    async (fields) =>
      orGone(await page.change(pathOf(passkey), { method: 'DELETE', body: withPassword(fields) })),
  )
  if (HAS_MAIL_SIGN_IN && isDone && !isDone.isGone) await signalRemoval(passkey)
  if (isDone) await showChange(say('The passkey was removed.'), {})
}
