import type { Message } from '../render.ts'
import { durationOf, type Facts, originSentence } from './facts.ts'

/** The notice of a reset of second factors, which its recipient can cancel. */
export const cancelReset = (facts: Facts): Message => ({
  subject: `Your second factors at ${facts.service} will be removed`,
  lead: `An operator asked to remove all second factors and recovery codes of your account ${facts.username} at ${facts.service}. ${afterDelay(facts)}`,
  action: { label: 'Cancel this, if you did not ask for it', url: String(facts.link) },
  paragraphs: [
    'A complete sign-in with a second factor cancels it too.',
    originSentence(facts),
    'If you did not ask for it, also contact the operator of the service, and choose a new password.',
  ],
})

const afterDelay = ({ delaySeconds = 0 }: Facts): string =>
  delaySeconds === 0
    ? 'They are removed at your next sign-in with the password.'
    : `They are removed at your first sign-in with the password that is ${durationOf(delaySeconds)} or more after this mail.`
