// The words about events for an operator. Those for the user are in `account/own-voice.js`.

import { THEIR_MAIL_SIGN_INS } from '../mail/sign-ins.js'
import { say } from '../words.js'

const signIns = {
  pwd: [say('Signed in with the password'), say('Signed in again with the password')],
  'pop user mfa': [say('Signed in with a passkey'), say('Signed in again with a passkey')],
  'pwd otp mfa': [
    say('Signed in with the password and the authenticator app'),
    say('Signed in again with the password and the authenticator app'),
  ],
  'pwd recovery mfa': [
    say('Signed in with the password and a recovery code'),
    say('Signed in again with the password and a recovery code'),
  ],
  'pwd pop mfa': [
    say('Signed in with the password and a passkey'),
    say('Signed in again with the password and a passkey'),
  ],
  fed: [say('Signed in with a provider'), say('Signed in again with a provider')],
  'fed otp mfa': [
    say('Signed in with a provider and the authenticator app'),
    say('Signed in again with a provider and the authenticator app'),
  ],
  'fed recovery mfa': [
    say('Signed in with a provider and a recovery code'),
    say('Signed in again with a provider and a recovery code'),
  ],
  'fed pop mfa': [
    say('Signed in with a provider and a passkey'),
    say('Signed in again with a provider and a passkey'),
  ],
  ...(HAS_MAIL_SIGN_IN ? THEIR_MAIL_SIGN_INS : {}),
}

const resets = {
  requested: say('Removal of the second factors requested'),
  withdrawn: say('Removal of the second factors withdrawn'),
  cancelled: say('Removal of the second factors cancelled'),
}

export const THEIRS = { signIns, resets, acted: say('Seen as the user in the application') }
