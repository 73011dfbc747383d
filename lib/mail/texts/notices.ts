import type { NoticeKind } from '../event.ts'
import type { Message } from '../render.ts'
import { FACTOR_NOTICES } from './factor-notices.ts'
import { type Facts, originSentence } from './facts.ts'

/** Returns the sentence that says when and from where a change came. An operator's has no origin. */
const changeSentence = (facts: Facts): string => originSentence(facts, 'made this change')

/** Returns when the recipient should do something: if it was someone else, or not expected of an operator. */
const unlessExpected = ({ origin }: Facts): string =>
  origin ? 'If it was not you' : 'If you did not expect it'

/** The texts of the notices. Each says what happened, when and from where, and what to do if it was someone else. */
export const NOTICES: Record<NoticeKind, (facts: Facts) => Message> = {
  ...FACTOR_NOTICES,
  'password-changed': (facts) => ({
    subject: `Your password for ${facts.service} was changed`,
    lead: `The password of your account ${facts.username} at ${facts.service} was changed. ${facts.origin ? 'All other sessions' : 'All sessions'} have ended.`,
    paragraphs: [changeSentence(facts)],
    action: { label: `${unlessExpected(facts)}, choose a new password`, url: facts.forgotUrl },
  }),
  'address-requested': (facts) => ({
    subject: `A new address for your account at ${facts.service}`,
    lead: `Someone who knows your password asked to replace this address of your account ${facts.username} at ${facts.service}. The new address must be confirmed first.`,
    paragraphs: [originSentence(facts)],
    action: {
      label: 'If it was not you, choose a new password at once. That cancels the change',
      url: facts.forgotUrl,
    },
  }),
  'address-changed': (facts) => ({
    subject: `Your address for ${facts.service} was changed`,
    lead: facts.origin
      ? `Your account ${facts.username} at ${facts.service} has a new address. This one is no longer used.`
      : // It may have been removed.
        `This address is no longer used for your account ${facts.username} at ${facts.service}.`,
    paragraphs: [
      changeSentence(facts),
      `${unlessExpected(facts)}, contact the operator of the service. This address can no longer reset the password.`,
    ],
  }),
  'username-changed': (facts) => ({
    subject: `Your username for ${facts.service} was changed`,
    lead: `Your account at ${facts.service} has the new username ${facts.username}. The password is the same.`,
    paragraphs: [changeSentence(facts), `${unlessExpected(facts)}, contact the operator of the service.`],
  }),
  'new-source': (facts) => ({
    subject: `A new sign-in to ${facts.service}`,
    lead: `Someone signed in to your account ${facts.username} at ${facts.service} from an IP address that was not used before.`,
    paragraphs: [originSentence(facts)],
    action: {
      label: 'If it was not you, choose a new password. That ends all sessions',
      url: facts.forgotUrl,
    },
  }),
  'account-deleted': (facts) => ({
    subject: `Your account at ${facts.service} was deleted`,
    lead: `Your account ${facts.username} at ${facts.service} was deleted, with all its sessions.`,
    paragraphs: [
      originSentence(facts),
      'If it was not you, contact the operator of the service. Someone knew your password.',
    ],
  }),
}
