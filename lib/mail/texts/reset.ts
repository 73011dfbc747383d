import type { Message } from '../render.ts'
import { type Facts, originSentence, proof, validity } from './facts.ts'

export const reset = (facts: Facts): Message => ({
  subject: `Choose a new password for ${facts.service}`,
  lead: `${facts.origin ? 'Someone' : 'An operator'} asked for a new password for your account ${facts.username} at ${facts.service}.`,
  action: { label: 'Choose a new password', url: String(facts.link) },
  code: facts.code,
  paragraphs: [
    `${validity(facts)} A new password ends all sessions.`,
    originSentence(facts),
    `${facts.origin ? 'If it was not you' : 'If you did not expect it'}, ignore this mail. Your password stays as it is. Do not pass on ${proof(facts)}.`,
  ],
})
