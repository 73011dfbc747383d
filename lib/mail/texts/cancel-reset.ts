import { say } from '../../application/texts.ts'
import type { Message } from '../look/render.ts'
import { durationOf, type Facts, originSentence } from './facts.ts'

/** The notice of a reset of second factors, which its recipient can cancel. */
export const cancelReset = (facts: Facts): Message => ({
  subject: say('Your second factors at {service} will be removed', facts),
  lead: facts.delaySeconds
    ? say(
        'An operator asked to remove all second factors and recovery codes of your account {username} at {service}. Only a sign-in with the password removes them: your first one that is {duration} or more after this mail.',
        { ...facts, duration: durationOf(facts.delaySeconds) },
      )
    : say(
        'An operator asked to remove all second factors and recovery codes of your account {username} at {service}. Only a sign-in with the password removes them: your next one.',
        facts,
      ),
  action: {
    when: say('If you did not ask for it, cancel it.'),
    label: say('Keep my second factors'),
    url: String(facts.link),
  },
  paragraphs: [
    say('A complete sign-in with a second factor cancels it too.'),
    originSentence(facts),
    say('If you did not ask for it, also contact the operator of the service, and choose a new password.'),
  ],
})
