// @ts-check The sentences of the pages /account and /admin-console about events. An event of a later version of the service gets
// a neutral sentence.

import { say } from '../words.js'

/**
 * Words for one reader: the user, or an operator. `signIns` has sentences by the claim `amr` of a sign-in, for a new session and for one
 * that the sign-in has renewed. `values` has values that may change, and `acted` is the sentence of an operator who acted as the user.
 *
 * @typedef {{ signIns: Record<string, string[]>, values: Record<string, string>, acted: string }} Voice
 */

/** @type {Record<import('../../../lib/events/types.ts').DetailOf<'session.ended'>, string>} */
const ENDED = {
  'signed-out': say('Session ended: signed out'),
  ended: say('Session ended: from another device'),
  replaced: say('Session ended: replaced by another sign-in'),
}

/** Values that may change, in the order of a sentence. */
const VALUES = {
  username: say('username'),
  email: say('e-mail address'),
  passwordHash: say('password'),
  // Users of an application do not know the word role.
  role: say('permissions'),
  totp: say('authenticator app'),
  passkey: say('passkey'),
  'recovery-codes': say('recovery codes'),
  ...(HAS_FEDERATION ? { identities: say('sign-in with a provider') } : {}),
  'enrolment-code': say('code to set up a second factor'),
}

/** Details that are the verb of a change. */
const CHANGES = {
  added: (what) => say('{what} added', { what }),
  replaced: (what) => say('{what} replaced', { what }),
  removed: (what) => say('{what} removed', { what }),
  requested: (what) => say('{what} requested', { what }),
  withdrawn: (what) => say('{what} withdrawn', { what }),
  cancelled: (what) => say('{what} cancelled', { what }),
  reset: (what) => say('{what} reset', { what }),
  disabled: (what) => say('{what} disabled', { what }),
  enabled: (what) => say('{what} enabled', { what }),
}

/** Details that need no other words for a change. */
const WHOLE = {
  'signed-out-everywhere': say('Signed out everywhere'),
  'sessions-ended': say('All sessions ended'),
  elapsed: say('Second factors removed, as requested'),
  ...(HAS_MAIL_SIGN_IN
    ? {
        'proved-by-mail': say('A change was confirmed by a code in a mail'),
        'proved-by-passkey': say('A change was confirmed with a passkey'),
      }
    : {}),
}

const BY = {
  operator: say('By an operator'),
  app: say('By the app'),
  system: say('By the service'),
  other: say('By another user'),
}

/**
 * Returns the words for a value of the service. It uses `hasOwn`, because an object also inherits members.
 */
const wordsFor = (value, words) => (Object.hasOwn(words, value) ? words[value] : undefined)

function changeOf({ changes, detail }, { values: ofUser }) {
  if (changes.includes('role') && detail) return say('Permissions changed: {detail}', { detail })
  const named = Object.entries({ ...VALUES, ...ofUser }).filter(([name]) => changes.includes(name))
  const [first = say('account'), ...others] = named.map(([, words]) => words)
  const what = others.reduce((one, other) => say('{one} and {other}', { one, other }), first)
  return wordsFor(detail, WHOLE) ?? sentenceOf(detail, what)
}

function sentenceOf(detail, what) {
  const text = wordsFor(detail, CHANGES)?.(what) ?? say('{what} changed', { what })
  return text[0].toUpperCase() + text.slice(1)
}

function signInOf({ type, detail, failures: count }, { signIns }) {
  const sentences = wordsFor(detail, signIns) ?? [say('Signed in'), say('Signed in again')]
  const what = sentences[type === 'session.renewed' ? 1 : 0]
  if (!(count > 0)) return what
  return count === 1
    ? say('{what}, after 1 wrong password', { what })
    : say('{what}, after {count} wrong passwords', { what, count })
}

/**
 * A type of events without words does not compile.
 *
 * @type {Record<import('../../../lib/events/types.ts').OwnEventType, (event: any, voice: Voice) => string>}
 */
const SENTENCES = {
  'session.created': signInOf,
  'session.renewed': signInOf,
  'session.ended': ({ detail }) => wordsFor(detail, ENDED) ?? say('Session ended'),
  'session.reused': () => say('Session ended: an old copy of it was used'),
  // With an identity provider as first step, the event names it.
  'factor.required': ({ detail, ref }) => {
    if (HAS_FEDERATION && ref && detail)
      return say('Signed in with {ref}, without the second factor', { ref })
    if (HAS_MAIL_SIGN_IN && /^mail/.test(detail)) return say('Signed in by mail, without the second factor')
    return detail === 'more'
      ? say('Correct password, without the second factor. More in this hour are not shown')
      : say('Correct password, without the second factor')
  },
  'grant.created': ({ ref: app }) => say('Signed in to {app}', { app }),
  'grant.ended': ({ ref: app, detail }) =>
    /reused$/.test(detail)
      ? say('Signed out of {app}: an old copy of its access was used', { app })
      : say('Signed out of {app}', { app }),
  'consent.given': ({ ref: app }) => say('Access allowed to {app}', { app }),
  'consent.revoked': ({ ref: app }) => say('Access of {app} removed', { app }),
  'user.created': () => say('Account created'),
  'user.updated': changeOf,
  'user.viewed': () => say('Account viewed'),
  'mail.requested': () => say('Link for a new password requested'),
  'act.started': (_event, { acted }) => acted,
}

/** Returns the sentence of an event, in the words for its reader. */
export const whatOf = (event, /** @type {Voice} */ voice) =>
  wordsFor(event.type, SENTENCES)?.(event, voice) ?? say('Other activity')

/** Returns the actor of an event, if it was not the user. */
export const whoOf = ({ by }) => wordsFor(by, BY)
