import { say } from '../../application/texts.ts'
import type { Message } from '../look/render.ts'
import { type Facts, originSentence, validity } from './facts.ts'

export const registration = (facts: Facts): Message => ({
  subject: say('Confirm your address for {service}', facts),
  lead: say('Someone asked to register at {service} with this address.', facts),
  action: { label: say('Confirm the address'), url: String(facts.link) },
  code: facts.code,
  paragraphs: [
    validity(facts),
    originSentence(facts),
    facts.code === undefined
      ? say('If it was not you, ignore this mail. Without the link, no account is made.')
      : say('If it was not you, ignore this mail. Without the link or the code, no account is made.'),
  ],
})
