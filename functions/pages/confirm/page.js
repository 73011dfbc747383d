// The page that links in mails open: /confirm#kind=token. Browsers send no fragment, so no log and no mail scanner's request
// has the token or spends it. Only a form of this page does.

import { call, clearProblem, decodePart, element, onSubmit, showSection } from '../form.js'

const SECTIONS = { registration: 'account', invitation: 'account', reset: 'reset', address: 'address' }

/** The link that was opened, in memory only: what it confirms, its token, and the address that it confirms. */
let link

/** Reads the link, and removes it from the address bar and from the history of the tab. */
function openLink() {
  link = readLink(location.hash)
  // A mail program may have cut the link off. Its kind is still known then.
  const [, kind] = /^#(\w+)=/.exec(location.hash) ?? []
  history.replaceState(null, '', location.pathname + location.search)
  for (const form of document.forms) {
    form.reset()
    clearProblem(form)
  }
  for (const shown of document.querySelectorAll('[data-address]')) shown.textContent = link?.address ?? ''
  for (const hint of document.querySelectorAll('[data-kind]')) hint.hidden = hint.dataset.kind !== kind
  element('username').value = link?.address ?? ''
  showSection(SECTIONS[link?.kind] ?? 'missing')
}

/** Returns the parts of a link, or nothing if it does not have the form of one. The service verifies the token. */
function readLink(fragment) {
  const [, kind, token] = /^#(registration|invitation|reset|address)=([\w.-]+)$/.exec(fragment) ?? []
  if (kind === undefined) return undefined
  const [, address, secret] = token.split('.')
  if (kind === 'reset') return { kind, token }
  try {
    return secret && { kind, token, address: decodePart(address) }
  } catch {
    return undefined
  }
}

const createAccount = ({ username, password }) =>
  call('register/confirm', {
    body: {
      token: link.token,
      password: password.value,
      session: 'cookie',
      ...(username.value && { username: username.value }),
    },
  })

const resetPassword = ({ password }) =>
  call('password/reset', { body: { token: link.token, password: password.value } })

const confirmAddress = () => call('email/confirm', { body: { token: link.token } })

function showDone(title, text, hasAccountLink = false) {
  element('done-title').textContent = title
  element('done-text').textContent = text
  element('done-account').hidden = !hasAccountLink
  element('done-signin').hidden = hasAccountLink
  link = undefined
  for (const form of document.forms) form.reset()
  showSection('done')
}

// The user is signed in: the session is in a cookie, where the next page finds it.
onSubmit(element('account-form'), createAccount, (_tokens, { username }) =>
  showDone('Your account was created', `You are signed in as ${username.value || link.address}.`, true),
)
onSubmit(element('reset-form'), resetPassword, () =>
  showDone('Your password was changed', 'All sessions have ended. Sign in with the new password.'),
)
onSubmit(element('address-form'), confirmAddress, () =>
  showDone(
    'Your address was confirmed',
    `Mails go to ${link.address} from now on. You can sign in with it.`,
    true,
  ),
)

// A second link that is opened in this tab changes only the fragment, and the browser does not load the page again.
addEventListener('hashchange', () => {
  if (location.hash !== '') openLink()
})
openLink()
