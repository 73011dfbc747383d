import type { Message } from '../render.ts'
import { type Facts, originSentence } from './facts.ts'

export const address = (facts: Facts): Message => ({
  subject: `Confirm your new address for ${facts.service}`,
  // Without the username, which may look like a link.
  lead: `Someone asked to use this address for an account at ${facts.service}.`,
  action: { label: 'Confirm the address', url: String(facts.link) },
  code: facts.code,
  paragraphs: [
    'The link is valid for 60 minutes, the code for 10 minutes.',
    originSentence(facts),
    'If it was not you, ignore this mail. Without the link or the code, the address is not used.',
  ],
})
