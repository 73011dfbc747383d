import { say } from '../../application/texts.ts'
import type { Message } from '../look/render.ts'
import { type Facts, originSentence, validity } from './facts.ts'

export const address = (facts: Facts): Message => ({
  subject: say('Confirm your new address for {service}', facts),
  // The username is left out, because it may look like a link.
  lead: say('Someone asked to use this address for an account at {service}.', facts),
  action: { label: say('Confirm the address'), url: String(facts.link) },
  code: facts.code,
  paragraphs: [
    say('To confirm it, sign in to that account.'),
    validity(facts),
    originSentence(facts),
    facts.code === undefined
      ? say('If it was not you, ignore this mail. Without the link, the address is not used.')
      : say('If it was not you, ignore this mail. Without the link or the code, the address is not used.'),
  ],
})
