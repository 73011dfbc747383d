import { say } from '../../application/texts.ts'
import type { Message } from '../look/render.ts'
import { type Facts, originSentence } from './facts.ts'

export const invitation = (facts: Facts): Message => ({
  subject: say('You are invited to {service}', facts),
  lead: say('The operator of {service} has invited you to create an account.', facts),
  action: { label: say('Accept and choose a password'), url: String(facts.link) },
  paragraphs: [
    say('The link is valid for 7 days.'),
    originSentence(facts),
    say('If you did not expect it, ignore this mail. Without the link, no account is made.'),
  ],
})
