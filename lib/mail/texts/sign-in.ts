import { say } from '../../application/texts.ts'
import type { Message } from '../look/render.ts'
import { type Facts, originSentence, validity } from './facts.ts'

/** The mail that signs in the browser that asked for it, and no other one. A page of a fraudster may ask for its code: it names the site. */
export const signIn = (facts: Facts): Message => ({
  subject: say('Sign in to {service}', facts),
  lead: say('Someone asked to sign in to your account {username} at {service}.', facts),
  action: {
    when: say('Open the link in the browser in which you asked for it.'),
    label: say('Sign in'),
    url: String(facts.link),
  },
  code: facts.code,
  paragraphs: [
    ...(facts.code === undefined ? [] : [say('Type it at {site} only, and do not pass it on.', facts)]),
    validity(facts),
    originSentence(facts),
    say('If you did not ask, ignore it.'),
  ],
})
