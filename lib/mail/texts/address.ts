import type { Message } from '../render.ts'
import { type Facts, originSentence, proof, validity } from './facts.ts'

export const address = (facts: Facts): Message => ({
  subject: `Confirm your new address for ${facts.service}`,
  // Without the username, which may look like a link.
  lead: `Someone asked to use this address for an account at ${facts.service}.`,
  action: { label: 'Confirm the address', url: String(facts.link) },
  code: facts.code,
  paragraphs: [
    'To confirm it, sign in to that account.',
    validity(facts),
    originSentence(facts),
    `If it was not you, ignore this mail. Without ${proof(facts)}, the address is not used.`,
  ],
})
