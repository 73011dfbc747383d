import { say } from '../../application/texts.ts'
import type { NoticeKind } from '../event.ts'
import type { Message } from '../look/render.ts'
import { changeSentence, type Facts, newPassword, originSentence } from './facts.ts'

/** Notices about second factors. */
type FactorNotice = Extract<
  NoticeKind,
  `totp-${string}` | `passkey-${string}` | `recovery-${string}` | `factors-${string}`
>

/** The first thing to do if it was someone else, who had a session or the password. */
const choosePassword = (facts: Facts) =>
  newPassword(facts, say('If it was not you, choose a new password. That ends all sessions.'))

// A new password removes no factor. If someone else added the first one, the owner cannot sign in.
const removeIt = () =>
  say(
    'A new password does not remove it. If it was not you, also ask the operator of the service to reset your second factors.',
  )

const addAgain = () => say('Sign in afterwards and add a second factor again in your account.')

const createCodes = () => say('Sign in afterwards and create new recovery codes in your account.')

/**
 * The texts of the notices about second factors. Each says what happened, when and from where, and what to do
 * if another person did it.
 */
export const FACTOR_NOTICES: Record<FactorNotice, (facts: Facts) => Message> = {
  'totp-added': (facts) => ({
    subject: say('An authenticator app was added at {service}', facts),
    lead: say(
      'An authenticator app was added to your account {username} at {service}. Sign-ins with the password need a second factor now.',
      facts,
    ),
    action: choosePassword(facts),
    paragraphs: [originSentence(facts), removeIt()],
  }),
  'totp-removed': (facts) => ({
    subject: say('Your authenticator app was removed at {service}', facts),
    lead: say(
      'The authenticator app was removed from your account {username} at {service}. Its codes are no longer accepted.',
      facts,
    ),
    action: choosePassword(facts),
    paragraphs: [originSentence(facts), addAgain()],
  }),
  'totp-limited': (facts) => ({
    subject: say('Too many wrong codes at {service}', facts),
    lead: say(
      'Someone who passed the first step of the sign-in typed too many wrong codes for your account {username} at {service}. For up to 24 hours, it accepts no codes of your authenticator app. Passkeys and recovery codes still work.',
      facts,
    ),
    action: choosePassword(facts),
    paragraphs: [originSentence(facts)],
  }),
  'passkey-added': (facts) => ({
    subject: say('A passkey was added at {service}', facts),
    lead: say(
      'A passkey was added to your account {username} at {service}. If it verifies you by fingerprint, face or PIN, it signs in without the password.',
      facts,
    ),
    action: choosePassword(facts),
    paragraphs: [originSentence(facts), removeIt()],
  }),
  'passkey-removed': (facts) => ({
    subject: say('A passkey was removed at {service}', facts),
    lead: say(
      'A passkey was removed from your account {username} at {service}. It can no longer sign in.',
      facts,
    ),
    action: choosePassword(facts),
    paragraphs: [originSentence(facts), addAgain()],
  }),
  'recovery-codes-replaced': (facts) => ({
    subject: say('New recovery codes at {service}', facts),
    lead: say(
      'The recovery codes of your account {username} at {service} were replaced. The earlier codes are no longer accepted.',
      facts,
    ),
    action: choosePassword(facts),
    paragraphs: [originSentence(facts), createCodes()],
  }),
  'recovery-code-used': (facts) => ({
    subject: say('A recovery code was used at {service}', facts),
    lead: say(
      'Someone signed in to your account {username} at {service} with your password and one of your recovery codes. Each code works once.',
      facts,
    ),
    action: choosePassword(facts),
    paragraphs: [originSentence(facts), createCodes()],
  }),
  'factors-removed': (facts) => ({
    subject: say('Your second factors were removed at {service}', facts),
    lead: say(
      'All second factors and recovery codes were removed from your account {username} at {service}. The password alone signs in, or leads to a new second factor.',
      facts,
    ),
    paragraphs: [
      changeSentence(facts),
      facts.origin
        ? say('If it was not you, contact the operator of the service.')
        : say('If you did not expect it, contact the operator of the service.'),
    ],
  }),
}
