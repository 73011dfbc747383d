import { say } from '../../application/texts.ts'
import type { Message } from '../look/render.ts'
import { type Facts, listed, originSentence } from './facts.ts'

export const reset = (facts: Facts): Message => ({
  subject: say('Choose a new password for {service}', facts),
  lead: facts.origin
    ? say('Someone asked for a new password for your account {username} at {service}.', facts)
    : say('An operator asked for a new password for your account {username} at {service}.', facts),
  action: { label: say('Choose a new password'), url: String(facts.link) },
  code: facts.code,
  paragraphs: [
    facts.code === undefined
      ? say('The link is valid for 60 minutes. A new password ends all sessions.')
      : say('The link is valid for 60 minutes, the code for 10 minutes. A new password ends all sessions.'),
    ...(facts.providers?.length
      ? [
          say(
            'You can also sign in with {providers}. A new password removes that, unless you keep it.',
            listed(facts),
          ),
        ]
      : []),
    originSentence(facts),
    adviceOf(facts),
  ],
})

/** Only a user's own request has a code; see `plan.ts`. */
function adviceOf({ origin, code }: Facts): string {
  if (origin === undefined) {
    return code === undefined
      ? say(
          'If you did not expect it, ignore this mail. Your password stays as it is. Do not pass on the link.',
        )
      : say(
          'If you did not expect it, ignore this mail. Your password stays as it is. Do not pass on the link or the code.',
        )
  }
  return code === undefined
    ? say('If it was not you, ignore this mail. Your password stays as it is. Do not pass on the link.')
    : say(
        'If it was not you, ignore this mail. Your password stays as it is. Do not pass on the link or the code.',
      )
}
