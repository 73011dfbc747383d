import type { Message } from '../render.ts'
import { type Facts, originSentence, proof, validity } from './facts.ts'

export const enrolment = (facts: Facts): Message => ({
  subject: `Add a second factor to your account at ${facts.service}`,
  lead: `Someone signed in with the password of your account ${facts.username} at ${facts.service}. The account must have a second factor, and this mail proves that the account is yours.`,
  action: { label: 'Open this in the browser where you sign in', url: String(facts.link) },
  code: facts.code,
  paragraphs: [
    facts.code === undefined
      ? 'Then go back to the page where you sign in.'
      : 'Then go back to the page where you sign in, which continues by itself. Without the link, type the code there.',
    validity(facts),
    originSentence(facts),
    `If it was not you, do not pass on ${proof(facts)}, and choose a new password: ${facts.forgotUrl}`,
  ],
})
