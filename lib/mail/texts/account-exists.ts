import { say } from '../../application/texts.ts'
import type { Message } from '../look/render.ts'
import { type Facts, listed, newPassword, originSentence } from './facts.ts'

export const accountExists = (facts: Facts): Message => ({
  subject: say('You already have an account at {service}', facts),
  lead: say(
    'Someone asked to use this address at {service}, where you already have an account. Your username is {username}.',
    facts,
  ),
  action: newPassword(facts, say('If you forgot your password, choose a new one.')),
  paragraphs: [
    ...(facts.providers?.length ? [say('You can sign in with {providers}.', listed(facts))] : []),
    originSentence(facts),
    say('If it was not you, ignore this mail. Nothing has changed.'),
  ],
})
