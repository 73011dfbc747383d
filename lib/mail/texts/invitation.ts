import type { Message } from '../render.ts'
import { type Facts, originSentence } from './facts.ts'

export const invitation = (facts: Facts): Message => ({
  subject: `You are invited to ${facts.service}`,
  lead: `You are invited to ${facts.service}.`,
  action: { label: 'Accept and choose a password', url: String(facts.link) },
  paragraphs: [
    'The link is valid for 7 days.',
    originSentence(facts),
    'If you did not expect it, ignore this mail. Without the link, no account is made.',
  ],
})
