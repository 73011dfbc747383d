import { say } from '../../application/texts.ts'
import type { NoticeKind } from '../event.ts'
import type { Message } from '../look/render.ts'
import { type Facts, newPassword, originSentence } from './facts.ts'

/** Notices about identities at providers. */
type IdentityNotice = Extract<NoticeKind, `identity-${string}`>

const named = (facts: Facts) => ({ ...facts, ...facts.identity })

/** The texts of the notices about identities. The label is what the provider calls the user. */
export const IDENTITY_NOTICES: Record<IdentityNotice, (facts: Facts) => Message> = {
  'identity-added': (facts) => ({
    subject: say('{provider} was added to your account at {service}', named(facts)),
    lead: say(
      '{provider} ({label}) was added to your account {username} at {service}. It signs in without the password.',
      named(facts),
    ),
    action: newPassword(
      facts,
      say(
        'If it was not you, choose a new password. That ends all sessions and removes {provider}.',
        named(facts),
      ),
    ),
    paragraphs: [originSentence(facts), say('You can also remove it on the page of your account.')],
  }),
  'identity-removed': (facts) => ({
    subject: say('{provider} was removed from your account at {service}', named(facts)),
    lead: say(
      '{provider} ({label}) was removed from your account {username} at {service}. It can no longer sign in.',
      named(facts),
    ),
    action: newPassword(facts, say('If it was not you, choose a new password. That ends all sessions.')),
    paragraphs: [originSentence(facts)],
  }),
}
