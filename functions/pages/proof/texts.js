// What the dialogs before a change of factors say to a user without a password.

import { say } from '../words.js'

/** @param endsSessions - Whether it is the first factor of the user. */
export const addingApp = (endsSessions) =>
  endsSessions
    ? say(
        'A sign-in without a passkey then needs a code of the app or another factor. Your other sessions end.',
      )
    : say('A sign-in without a passkey then needs a code of the app or another factor.')

export const addingPasskey = (endsSessions) =>
  endsSessions
    ? say(
        'Your device or phone then signs you in, without a mail. A security key without a PIN is a second factor only. Your other sessions end.',
      )
    : say(
        'Your device or phone then signs you in, without a mail. A security key without a PIN is a second factor only.',
      )

export const removingApp = () =>
  say(
    'Its codes stop working, and your other sessions end. Without another factor, a sign-in needs no second step, and the recovery codes are deleted.',
  )

export const removingPasskey = (passkey) =>
  say(
    '{name} stops signing you in, and your other sessions end. Without another factor, a sign-in needs no second step, and the recovery codes are deleted. Delete it on your device, too.',
    passkey,
  )
