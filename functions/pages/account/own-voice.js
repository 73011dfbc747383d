// The words about events for the user, on the page /account.

import { OWN_MAIL_SIGN_INS } from '../mail/sign-ins.js'
import { say } from '../words.js'

const signIns = {
  pwd: [say('Signed in with your password'), say('Signed in again with your password')],
  'pop user mfa': [say('Signed in with a passkey'), say('Signed in again with a passkey')],
  'pwd otp mfa': [
    say('Signed in with your password and authenticator app'),
    say('Signed in again with your password and authenticator app'),
  ],
  'pwd recovery mfa': [
    say('Signed in with your password and a recovery code'),
    say('Signed in again with your password and a recovery code'),
  ],
  'pwd pop mfa': [
    say('Signed in with your password and a passkey'),
    say('Signed in again with your password and a passkey'),
  ],
  ...(HAS_FEDERATION
    ? {
        fed: [say('Signed in with a provider'), say('Signed in again with a provider')],
        'fed otp mfa': [
          say('Signed in with a provider and your authenticator app'),
          say('Signed in again with a provider and your authenticator app'),
        ],
        'fed recovery mfa': [
          say('Signed in with a provider and a recovery code'),
          say('Signed in again with a provider and a recovery code'),
        ],
        'fed pop mfa': [
          say('Signed in with a provider and a passkey'),
          say('Signed in again with a provider and a passkey'),
        ],
      }
    : {}),
  ...(HAS_MAIL_SIGN_IN ? OWN_MAIL_SIGN_INS : {}),
}

const resets = {
  requested: say('Removal of your second factors requested'),
  withdrawn: say('Removal of your second factors withdrawn'),
  cancelled: say('Removal of your second factors cancelled'),
}

export const OWN = { signIns, resets, acted: say('Seen as you in the application') }
