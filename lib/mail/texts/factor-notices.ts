import type { NoticeKind } from '../event.ts'
import type { Message } from '../render.ts'
import { type Facts, originSentence } from './facts.ts'

/** Notices about second factors. */
type FactorNotice = Extract<
  NoticeKind,
  `totp-${string}` | `passkey-${string}` | `recovery-${string}` | `factors-${string}`
>

const accountOf = ({ username, service }: Facts): string => `your account ${username} at ${service}`

/** The first thing to do if it was someone else, who had a session or the password. */
const choosePassword = ({ forgotUrl }: Facts) => ({
  label: 'If it was not you, choose a new password. That ends all sessions',
  url: forgotUrl,
})

// A new password removes no factor. If someone else added the first one, the owner cannot sign in.
const REMOVE_IT =
  'A new password does not remove it. If it was not you, also ask the operator of the service to reset your second factors.'

const ADD_AGAIN = 'Sign in afterwards and add a second factor again in your account.'

/**
 * The texts of the notices about second factors. Each says what happened, when and from where, and what to do if it was
 * someone else.
 */
export const FACTOR_NOTICES: Record<FactorNotice, (facts: Facts) => Message> = {
  'totp-added': (facts) => ({
    subject: `An authenticator app was added at ${facts.service}`,
    lead: `An authenticator app was added to ${accountOf(facts)}. Sign-ins with the password need a second factor now.`,
    action: choosePassword(facts),
    paragraphs: [originSentence(facts), REMOVE_IT],
  }),
  'totp-removed': (facts) => ({
    subject: `Your authenticator app was removed at ${facts.service}`,
    lead: `The authenticator app was removed from ${accountOf(facts)}. Its codes are no longer accepted.`,
    action: choosePassword(facts),
    paragraphs: [originSentence(facts), ADD_AGAIN],
  }),
  'totp-limited': (facts) => ({
    subject: `Too many wrong codes at ${facts.service}`,
    lead: `Someone who knows your password typed too many wrong codes for ${accountOf(facts)}. For up to 24 hours, it accepts no codes of your authenticator app. Passkeys and recovery codes still work.`,
    action: choosePassword(facts),
    paragraphs: [originSentence(facts)],
  }),
  'passkey-added': (facts) => ({
    subject: `A passkey was added at ${facts.service}`,
    lead: `A passkey was added to ${accountOf(facts)}. If it verifies you by fingerprint, face or PIN, it signs in without the password.`,
    action: choosePassword(facts),
    paragraphs: [originSentence(facts), REMOVE_IT],
  }),
  'passkey-removed': (facts) => ({
    subject: `A passkey was removed at ${facts.service}`,
    lead: `A passkey was removed from ${accountOf(facts)}. It can no longer sign in.`,
    action: choosePassword(facts),
    paragraphs: [originSentence(facts), ADD_AGAIN],
  }),
  'recovery-codes-replaced': (facts) => ({
    subject: `New recovery codes at ${facts.service}`,
    lead: `The recovery codes of ${accountOf(facts)} were replaced. The earlier codes are no longer accepted.`,
    action: choosePassword(facts),
    paragraphs: [originSentence(facts), 'Sign in afterwards and create new recovery codes in your account.'],
  }),
  'recovery-code-used': (facts) => ({
    subject: `A recovery code was used at ${facts.service}`,
    lead: `Someone signed in to ${accountOf(facts)} with your password and one of your recovery codes. Each code works once.`,
    action: choosePassword(facts),
    paragraphs: [originSentence(facts), 'Sign in afterwards and create new recovery codes in your account.'],
  }),
  'factors-removed': (facts) => ({
    subject: `Your second factors were removed at ${facts.service}`,
    lead: `All second factors and recovery codes were removed from ${accountOf(facts)}. The password alone signs in, or leads to a new second factor.`,
    paragraphs: [
      originSentence(facts, 'made this change'),
      `${facts.origin ? 'If it was not you' : 'If you did not expect it'}, contact the operator of the service.`,
    ],
  }),
}
