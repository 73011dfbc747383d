import type { Message } from '../render.ts'
import { type Facts, originSentence } from './facts.ts'

/** Says that an app keeps its access. Someone else may have clicked, in a browser that the user left open. */
export const offlineAccess = (facts: Facts): Message => ({
  subject: `${facts.app?.name} keeps access to your account at ${facts.service}`,
  lead: `${facts.app?.name} (${facts.app?.place}) may keep its access to your account ${facts.username} at ${facts.service} while you are away.`,
  action: { label: 'See your apps, and remove those that you do not want', url: String(facts.link) },
  paragraphs: [
    originSentence(facts),
    'If it was not you, remove the app and choose a new password. That ends the access of all apps.',
  ],
})
