// The page that creates an account: requests a mail, and accepts its code. The link in the mail opens
// /confirm instead.

import { call, codeIn, element, onSubmit, showSection } from '../form.js'
import { offerPasskey, showCodesOf } from '../mail/new-passkey.js'
import { removeLanguages } from '../page-links.js'
import { keepOwnNext, leadBack } from '../signin/links.js'
import { createAccount, showCreated } from './create-account.js'

/** Id of the mail with the code. It is only in memory. */
let mailId

const askForMail = ({ email }) => call('register', { body: { email: email.value } })

function showProof(body, { email }) {
  mailId = body.mailId
  element('address').textContent = email.value
  element('username').value = email.value
  showSection('proof')
  removeLanguages()
}

const register = ({ code, username, password }) =>
  createAccount({
    mailId,
    code: codeIn(code),
    password: password.value,
    username: username.value,
  })

/** A session is in a cookie, where the next page finds it. */
function showDone(created, { username }) {
  showCreated(created, username.value || element('address').textContent)
  element('proof-form').reset()
  showSection('done')
  if (HAS_MAIL_SIGN_IN) showCodesOf(created)
}

keepOwnNext()
element('returning').hidden = !leadBack(element('return'))
onSubmit(element('ask-form'), askForMail, showProof)
onSubmit(element('proof-form'), register, showDone)
if (HAS_MAIL_SIGN_IN) offerPasskey(element('proof-form'))
