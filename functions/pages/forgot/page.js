// The page for a forgotten password: requests a mail, and accepts its code. The link in the mail opens
// /confirm instead.

import { call, codeIn, element, onSubmit, showSection } from '../form.js'
import { removeLanguages } from '../page-links.js'
import { keepOwnNext } from '../signin/links.js'

/** Id of the mail with the code. It is only in memory. */
let mailId

const askForMail = ({ login }) => call('password/forgot', { body: { login: login.value } })

function showProof(body, { login }) {
  mailId = body.mailId
  element('who').textContent = login.value
  // Password managers store the new password under this name.
  element('username').value = login.value
  showSection('proof')
  removeLanguages()
}

const resetPassword = ({ code, password }) =>
  call('password/reset', { body: { mailId, code: codeIn(code), password: password.value } })

function showDone() {
  element('proof-form').reset()
  showSection('done')
}

keepOwnNext()
onSubmit(element('ask-form'), askForMail, showProof)
onSubmit(element('proof-form'), resetPassword, showDone)
