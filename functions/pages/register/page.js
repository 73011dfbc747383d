// The page that creates an account: asks for a mail, and takes the code in it. The link in the mail opens /confirm instead.

import { call, codeIn, element, onSubmit, showSection } from '../form.js'

/** Belongs to the code in the mail. In memory only. */
let requestId

const askForMail = ({ email }) => call('register', { body: { email: email.value } })

function showProof(body, { email }) {
  requestId = body.requestId
  element('address').textContent = email.value
  element('username').value = email.value
  showSection('proof')
}

const register = ({ code, username, password }) =>
  call('register/confirm', {
    body: {
      requestId,
      code: codeIn(code),
      password: password.value,
      session: 'cookie',
      ...(username.value && { username: username.value }),
    },
  })

/**
 * The user is signed in: the session is in a cookie, where the next page finds it. If accounts must have a second factor, the user
 * is not: the page /account leads to the sign-in, which sets it up.
 */
function showDone({ next }, { username }) {
  const name = username.value || element('address').textContent
  element('done-text').textContent = next
    ? 'Sign in, and set up a second factor.'
    : `You are signed in as ${name}.`
  element('proof-form').reset()
  showSection('done')
}

onSubmit(element('ask-form'), askForMail, showProof)
onSubmit(element('proof-form'), register, showDone)
