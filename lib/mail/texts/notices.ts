import { say } from '../../application/texts.ts'
import type { NoticeKind } from '../event.ts'
import type { Message } from '../look/render.ts'
import { FACTOR_NOTICES } from './factor-notices.ts'
import { beganSentence, changeSentence, type Facts, newPassword, originSentence } from './facts.ts'
import { IDENTITY_NOTICES } from './identity-notices.ts'

// A change of an operator has no origin. The recipient may expect it.

/** The texts of the notices. Each says what happened, when and from where, and what to do if it was someone else. */
export const NOTICES: Record<NoticeKind, (facts: Facts) => Message> = {
  ...FACTOR_NOTICES,
  ...IDENTITY_NOTICES,
  'password-changed': (facts) => ({
    subject: say('Your password for {service} was changed', facts),
    lead: facts.origin
      ? say(
          'The password of your account {username} at {service} was changed. All other sessions have ended.',
          facts,
        )
      : say(
          'The password of your account {username} at {service} was changed. All sessions have ended.',
          facts,
        ),
    paragraphs: [changeSentence(facts)],
    action: newPassword(
      facts,
      facts.origin
        ? say('If it was not you, choose a new password.')
        : say('If you did not expect it, choose a new password.'),
    ),
  }),
  'address-requested': (facts) => ({
    subject: say('A new address for your account at {service}', facts),
    lead: say(
      'Someone who is signed in to your account {username} at {service} asked to replace this address, and proved to be you. The new address must be confirmed first.',
      facts,
    ),
    paragraphs: [originSentence(facts)],
    action: newPassword(
      facts,
      say('If it was not you, choose a new password at once. That cancels the change.'),
    ),
  }),
  'address-changed': (facts) => ({
    subject: say('Your address for {service} was changed', facts),
    lead: facts.origin
      ? say(
          'Your account {username} at {service} has a new address. The address that got this mail is no longer used.',
          facts,
        )
      : // It may have been removed.
        say('This address is no longer used for your account {username} at {service}.', facts),
    paragraphs: [
      changeSentence(facts),
      facts.origin
        ? say(
            'If it was not you, contact the operator of the service. The address that got this mail can no longer sign in or reset the password.',
          )
        : say(
            'If you did not expect it, contact the operator of the service. This address can no longer sign in or reset the password.',
          ),
    ],
  }),
  'username-changed': (facts) => ({
    subject: say('Your username for {service} was changed', facts),
    lead: say('Your account at {service} has the new username {username}. The password is the same.', facts),
    paragraphs: [
      changeSentence(facts),
      facts.origin
        ? say('If it was not you, contact the operator of the service.')
        : say('If you did not expect it, contact the operator of the service.'),
    ],
  }),
  'locale-changed': (facts) => ({
    subject: say('The language of your account at {service} was changed', facts),
    lead: say(
      'The language of your account {username} at {service} was changed. Later mails are in the new language.',
      facts,
    ),
    paragraphs: [changeSentence(facts)],
    action: newPassword(
      facts,
      facts.origin
        ? say('If it was not you, choose a new password. That ends all sessions.')
        : say('If you did not expect it, choose a new password.'),
    ),
  }),
  'new-source': (facts) => ({
    subject: say('A new sign-in to {service}', facts),
    lead: say(
      'Someone signed in to your account {username} at {service} from an IP address that was not used before.',
      facts,
    ),
    paragraphs: [originSentence(facts)],
    action: newPassword(facts, say('If it was not you, choose a new password. That ends all sessions.')),
  }),
  'acted-as': (facts) => ({
    subject: say('An operator sees your account at {service}', facts),
    lead: say(
      'An operator of {service} sees the application as your account {username} sees it, for at most 30 minutes. The operator cannot change anything, and does not know your password.',
      facts,
    ),
    paragraphs: [
      beganSentence(facts),
      say(
        'The page of your account shows why. If you did not expect it, contact the operator of the service.',
      ),
    ],
  }),
  'account-deleted': (facts) => ({
    subject: say('Your account at {service} was deleted', facts),
    lead: say('Your account {username} at {service} was deleted, with all its sessions.', facts),
    paragraphs: [
      changeSentence(facts),
      facts.origin
        ? say('If it was not you, contact the operator of the service. Someone had access to your account.')
        : say('If you did not expect it, contact the operator of the service.'),
    ],
  }),
}
