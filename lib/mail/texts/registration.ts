import type { Message } from '../render.ts'
import { type Facts, originSentence, proof, validity } from './facts.ts'

export const registration = (facts: Facts): Message => ({
  subject: `Confirm your address for ${facts.service}`,
  lead: `Someone asked to register at ${facts.service} with this address.`,
  action: { label: 'Confirm the address and choose a password', url: String(facts.link) },
  code: facts.code,
  paragraphs: [
    validity(facts),
    originSentence(facts),
    `If it was not you, ignore this mail. Without ${proof(facts)}, no account is made.`,
  ],
})
