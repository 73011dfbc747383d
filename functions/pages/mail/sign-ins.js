// The words about sign-ins by a mail: for the user on the page /account, and for operators in the console.

import { say } from '../words.js'

export const OWN_MAIL_SIGN_INS = {
  mail: [say('Signed in by mail'), say('Signed in again by mail')],
  'mail otp mfa': [
    say('Signed in by mail and with your authenticator app'),
    say('Signed in again by mail and with your authenticator app'),
  ],
  'mail recovery mfa': [
    say('Signed in by mail and with a recovery code'),
    say('Signed in again by mail and with a recovery code'),
  ],
  'mail pop mfa': [
    say('Signed in by mail and with a passkey'),
    say('Signed in again by mail and with a passkey'),
  ],
}

export const THEIR_MAIL_SIGN_INS = {
  ...OWN_MAIL_SIGN_INS,
  'mail otp mfa': [
    say('Signed in by mail and with the authenticator app'),
    say('Signed in again by mail and with the authenticator app'),
  ],
}
