import { say } from '../../application/texts.ts'
import type { Message } from '../look/render.ts'
import { type Facts, originSentence, validity } from './facts.ts'

export const enrolment = (facts: Facts): Message => ({
  subject: say('Add a second factor to your account at {service}', facts),
  lead: say(
    'Someone signed in with the password of your account {username} at {service}. The account must have a second factor, and this mail proves that the account is yours.',
    facts,
  ),
  action: {
    when: say('Open the link in the browser where you sign in.'),
    label: say('Confirm that the account is yours'),
    url: String(facts.link),
  },
  code: facts.code,
  paragraphs: [
    facts.code === undefined
      ? say('Then go back to the page where you sign in.')
      : say(
          'Then go back to the page where you sign in, which continues by itself. Without the link, type the code there.',
        ),
    validity(facts),
    originSentence(facts),
    facts.code === undefined
      ? say('If it was not you, do not pass on the link, and choose a new password: {forgotUrl}', facts)
      : say(
          'If it was not you, do not pass on the link or the code, and choose a new password: {forgotUrl}',
          facts,
        ),
  ],
})
