// The page that links in mails open: /confirm#kind=token. Browsers send no fragment, so no log has the token,
// and a mail scanner cannot spend it. Only a form of this page spends it.

import { call, clearProblem, decodePart, ENROLMENT_CHANNEL, element, onSubmit, showSection } from '../form.js'
import { adoptNext, leaveAfter, signInByLink } from '../mail/link.js'
import { offerPasskey, showCodesOf } from '../mail/new-passkey.js'
import { createAccount, showCreated } from '../register/create-account.js'
import { isOnTheWay, keepOwnNext } from '../signin/links.js'
import { say } from '../words.js'
import { confirmAddress, showCaller, takeLink } from './address.js'

const SECTIONS = {
  registration: 'account',
  invitation: 'account',
  reset: 'reset',
  address: 'address',
  enrolment: 'enrolment',
  'cancel-reset': 'cancel',
  ...(HAS_MAIL_SIGN_IN ? { 'sign-in': 'sign-in' } : {}),
}

/** Time in which the tab that enrols must confirm that it has the link, and send it. */
const RECEIPT_MS = 1_000
const RESPONSE_MS = 30_000

/** The opened link, only in memory: its kind, its token, and the address that it confirms. */
let link

/** Reads the link, and removes it from the address bar and from the history of the tab. */
function openLink() {
  const stored = takeLink()
  link = readLink(location.hash || stored)
  // A mail program may have cut off the link. Then its kind is still known.
  const [, kind] = /^#([\w-]+)=/.exec(location.hash) ?? []
  history.replaceState(null, '', location.pathname + location.search)
  for (const form of document.forms) {
    form.reset()
    clearProblem(form)
  }
  for (const shown of document.querySelectorAll('[data-address]')) shown.textContent = link?.address ?? ''
  for (const hint of document.querySelectorAll('[data-kind]')) hint.hidden = hint.dataset.kind !== kind
  element('username').value = link?.address ?? ''
  if (link?.kind === 'address') showCaller()
  if (HAS_MAIL_SIGN_IN) adoptNext(link)
  showSection(SECTIONS[link?.kind] ?? 'missing')
}

/**
 * The form of the addresses that mails go to. The page shows no other text of a link, because anyone can
 * write a link.
 */
const ADDRESS = /^[!-?A-~]{1,64}@[A-Za-z0-9.-]{1,189}$/

/** Returns the parts of a link, or nothing if it does not have the form of one. The service verifies the token. */
function readLink(fragment) {
  const [, kind, token] = /^#([\w-]+)=([\w.-]+)$/.exec(fragment) ?? []
  if (!Object.hasOwn(SECTIONS, kind)) return undefined
  const [, address, secret] = token.split('.')
  if (HAS_MAIL_SIGN_IN && kind === 'sign-in') return { kind, token }
  if (['reset', 'enrolment', 'cancel-reset'].includes(kind)) return { kind, token }
  try {
    const decoded = decodePart(address)
    return secret && ADDRESS.test(decoded) ? { kind, token, address: decoded } : undefined
  } catch {
    return undefined
  }
}

const register = ({ username, password }) =>
  createAccount({ token: link.token, password: password.value, username: username.value })

const resetPassword = (fields) =>
  call('password/reset', {
    body: {
      token: link.token,
      password: fields.password.value,
      ...(HAS_FEDERATION ? fields.keepIdentities.checked && { keepIdentities: true } : {}),
    },
  })

const cancelReset = () => call('factors/cancel-reset', { body: { token: link.token } })

/**
 * Passes the link to the tab that signs in. Only that tab knows the user of the enrolment, because a link
 * must not be enough.
 *
 * @returns The result of {@link call}.
 */
function handOver() {
  const tabs = new BroadcastChannel(ENROLMENT_CHANNEL)
  const { promise, resolve } = Promise.withResolvers()
  const fail = (detail) => resolve({ status: 0, body: { detail } })
  let timer = setTimeout(
    fail,
    RECEIPT_MS,
    say(
      'The sign-in page is not open in this browser. Open the link in the browser where you sign in, or type the code from the mail there.',
    ),
  )
  let waiting = 0
  tabs.onmessage = ({ data: { isReceived, response } }) => {
    if (!isReceived && !response) return
    clearTimeout(timer)
    waiting += isReceived ? 1 : -1
    // The link belongs to one of several tabs. The others fail, perhaps before that tab has received the
    // link.
    if (response?.status === 200) resolve(response)
    else if (response && waiting < 1) timer = setTimeout(resolve, RECEIPT_MS, response)
    else timer = setTimeout(fail, RESPONSE_MS, say('The other tab does not respond. Try again.'))
  }
  tabs.postMessage({ token: link.token })
  return promise.finally(() => tabs.close())
}

/** @param next - Target of the link, if there is one: `account` or `signin`. */
function showDone(title, text = '', next = undefined) {
  element('done-title').textContent = title
  element('done-text').textContent = text
  for (const name of ['account', 'signin', 'enrolment']) element(`done-${name}`).hidden = name !== next
  // The mail may be open in another browser than the app. The page cannot find that out.
  element('done-app').hidden = !['account', 'reset'].includes(SECTIONS[link.kind]) || isOnTheWay()
  link = undefined
  for (const form of document.forms) form.reset()
  showSection('done')
}

// A session is in a cookie, where the next page finds it.
onSubmit(element('account-form'), register, (created, { username }) => {
  const name = username.value || link.address
  showDone(say('Your account was created'))
  showCreated(created, name)
  if (HAS_MAIL_SIGN_IN) showCodesOf(created)
})
if (HAS_MAIL_SIGN_IN) offerPasskey(element('account-form'))
onSubmit(element('reset-form'), resetPassword, () =>
  showDone(
    say('Your password was changed'),
    say('All sessions have ended. Sign in with the new password.'),
    'signin',
  ),
)
onSubmit(
  element('address-form'),
  () => confirmAddress(link),
  ({ isLeaving }) => {
    if (isLeaving) return
    const text = say('Mails go to {address} from now on. You can sign in with it.', link)
    showDone(say('Your address was confirmed'), text, 'account')
  },
)
onSubmit(element('cancel-form'), cancelReset, () =>
  showDone(
    say('Your second factors stay'),
    say('The reset was cancelled. If you did not ask for it, change your password.'),
    'account',
  ),
)
onSubmit(element('enrolment-form'), handOver, () =>
  showDone(
    say('Confirmed'),
    say('Go back to the tab where you sign in, and set up your second factor there.'),
  ),
)

if (HAS_MAIL_SIGN_IN) onSubmit(element('sign-in-form'), () => signInByLink(link), leaveAfter)

// A second link in this tab changes only the fragment, so the browser does not load the page again.
addEventListener('hashchange', () => {
  if (location.hash !== '') openLink()
})
keepOwnNext()
openLink()
