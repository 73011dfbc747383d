import { say } from '../../application/texts.ts'
import type { Change } from '../change.ts'
import type { Message } from '../look/render.ts'
import { type Facts, originSentence } from './facts.ts'

/** What the code allows, and nothing else. */
const LEADS: Record<Change, (facts: Facts) => string> = {
  address: (facts) =>
    say('Someone asked to change the e-mail address of the account {username} at {service}.', facts),
  passkey: (facts) => say('Someone asked to add a passkey to the account {username} at {service}.', facts),
  app: (facts) =>
    say('Someone asked to set up an authenticator app for the account {username} at {service}.', facts),
  removal: (facts) =>
    say('Someone asked to remove a second factor of the account {username} at {service}.', facts),
  'recovery-codes': (facts) =>
    say('Someone asked to replace the recovery codes of the account {username} at {service}.', facts),
  identities: (facts) =>
    say(
      'Someone asked to add or remove a sign-in with a provider for the account {username} at {service}.',
      facts,
    ),
  locale: (facts) =>
    say('Someone asked to change the language of the account {username} at {service}.', facts),
  deletion: (facts) => say('Someone asked to delete the account {username} at {service}.', facts),
}

/** The mail whose code proves a change of an account. It has no link: the code counts only where the user asked for it. */
export const change =
  (asked: Change) =>
  (facts: Facts): Message => ({
    subject: say('Confirm a change of your account at {service}', facts),
    lead: LEADS[asked](facts),
    code: facts.code,
    paragraphs: [
      say('The code is valid for 10 minutes, only on the page where you asked for it.'),
      originSentence(facts),
      say(
        'If it was not you, do not pass on the code. Someone is signed in to your account: sign out everywhere.',
      ),
    ],
  })
