// @ts-check The sentences of the pages /account and /admin-console about events. An event of a later version of the service gets
// a neutral sentence.

import { say, sayCount } from '../words.js'

/**
 * @typedef {import('../../../lib/application/roles.ts').Role} Role
 * @typedef {import('../../../lib/events/types.ts').DetailOf<'user.updated'>} Detail
 * @typedef {'requested' | 'withdrawn' | 'cancelled'} ResetDetail
 */

/**
 * Words for one reader: the user, or an operator. `signIns` has sentences by the claim `amr` of a sign-in, for a new session and for one
 * that the sign-in has renewed. `resets` has those about the removal of second factors by its detail, and `acted` is the sentence of an
 * operator who acted as the user.
 *
 * @typedef {{ signIns: Record<string, string[]>, resets: Record<ResetDetail, string>, acted: string }} Voice
 */

/** @type {Record<import('../../../lib/events/types.ts').DetailOf<'session.ended'>, string>} */
const ENDED = {
  'signed-out': say('Session ended: signed out'),
  ended: say('Session ended: from another device'),
  replaced: say('Session ended: replaced by another sign-in'),
}

/** Values that a sentence may name, in the order of its key. */
const NAMES = [
  ...[
    'username',
    'email',
    'locale',
    'passwordHash',
    'role',
    'totp',
    'passkey',
    'recovery-codes',
    'enrolment-code',
  ],
  ...(HAS_FEDERATION ? ['identities'] : []),
]

/**
 * The sentence of each change, by the names of its values. It is whole, because in other languages a verb may have another form for each
 * noun.
 */
const CHANGED = {
  username: say('Username changed'),
  email: say('E-mail address changed'),
  'username email': say('Username and e-mail address changed'),
  locale: say('Language changed'),
  passwordHash: say('Password changed'),
  // Users of an application do not know the word role.
  role: say('Permissions changed'),
  ...(HAS_FEDERATION
    ? { 'passwordHash identities': say('Password changed, and sign-ins with providers removed') }
    : {}),
}

/**
 * The sentences of changes with a detail. Most depend on the names, too. A detail without words does not compile.
 *
 * @type {Record<Exclude<Detail, Role | ResetDetail>, string | false | Record<string, string>>}
 */
const CHANGES = {
  added: {
    totp: say('Authenticator app added'),
    passkey: say('Passkey added'),
    'enrolment-code': say('Code to set up a second factor added'),
    ...(HAS_FEDERATION ? { identities: say('Sign-in with a provider added') } : {}),
  },
  replaced: {
    totp: say('Authenticator app replaced'),
    'recovery-codes': say('Recovery codes replaced'),
  },
  removed: {
    totp: say('Authenticator app removed'),
    passkey: say('Passkey removed'),
    'totp passkey': say('Authenticator app and passkey removed'),
    ...(HAS_FEDERATION ? { identities: say('Sign-in with a provider removed') } : {}),
  },
  reset: {
    passwordHash: say('Password reset'),
    ...(HAS_FEDERATION
      ? { 'passwordHash identities': say('Password reset, and sign-ins with providers removed') }
      : {}),
  },
  elapsed: say('Second factors removed, as requested'),
  disabled: say('Account disabled'),
  enabled: say('Account enabled'),
  'sessions-ended': say('All sessions ended'),
  'signed-out-everywhere': say('Signed out everywhere'),
  'proved-by-mail': HAS_MAIL_SIGN_IN && say('A change was confirmed by a code in a mail'),
  'proved-by-passkey': HAS_MAIL_SIGN_IN && say('A change was confirmed with a passkey'),
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

function changeOf({ changes, detail }, { resets }) {
  if (changes.includes('role') && detail) return say('Permissions changed: {detail}', { detail })
  const names = NAMES.filter((name) => changes.includes(name)).join(' ')
  const words = wordsFor(detail, { ...CHANGES, ...resets })
  const sentence = typeof words === 'object' ? wordsFor(names, words) : words
  return sentence || (wordsFor(names, CHANGED) ?? say('Account changed'))
}

function signInOf({ type, detail }, { signIns }) {
  const sentences = wordsFor(detail, signIns) ?? [say('Signed in'), say('Signed in again')]
  return sentences[type === 'session.renewed' ? 1 : 0]
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

/** Returns how many wrong passwords came before a sign-in. Without one, the text is empty. */
export const failuresOf = ({ failures }) =>
  failures > 0
    ? sayCount({ one: 'After 1 wrong password', other: 'After {count} wrong passwords' }, failures)
    : ''

/** Returns the actor of an event, if it was not the user. */
export const whoOf = ({ by }) => wordsFor(by, BY)
