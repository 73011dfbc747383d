import { say } from '../../application/texts.ts'
import type { Message } from '../look/render.ts'
import { type Facts, originSentence } from './facts.ts'

/**
 * The notice that an app has lasting access. Another person may have clicked, in a browser that the user left
 * open.
 */
export function offlineAccess(facts: Facts): Message {
  // The name of an unregistered app is its host.
  const isHost = facts.app?.name === facts.app?.place
  const named = { ...facts, app: facts.app?.name, place: facts.app?.place }
  return {
    subject: say('{app} keeps access to your account at {service}', named),
    lead: isHost
      ? say('{app} may keep its access to your account {username} at {service} while you are away.', named)
      : say(
          '{app} ({place}) may keep its access to your account {username} at {service} while you are away.',
          named,
        ),
    action: { label: say('See your apps'), url: String(facts.link) },
    paragraphs: [
      originSentence(facts),
      say('If it was not you, remove the app and choose a new password. That ends the access of all apps.'),
    ],
  }
}
