import type { Message } from '../render.ts'
import { type Facts, originSentence } from './facts.ts'

export const accountExists = (facts: Facts): Message => ({
  subject: `You already have an account at ${facts.service}`,
  lead: `Someone asked to use this address at ${facts.service}, where you already have an account. Your username is ${facts.username}.`,
  action: { label: 'Choose a new password if you forgot yours', url: facts.forgotUrl },
  paragraphs: [originSentence(facts), 'If it was not you, ignore this mail. Nothing has changed.'],
})
