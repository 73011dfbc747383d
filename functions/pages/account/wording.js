// What the page /account says of an event. What a later version of the service adds gets a neutral sentence.

/** By the claim `amr` of a sign-in. */
const SIGNED_IN_WITH = {
  pwd: 'your password',
  'pop user mfa': 'a passkey',
  'pwd otp mfa': 'your password and authenticator app',
  'pwd recovery mfa': 'your password and a recovery code',
  'pwd pop mfa': 'your password and a passkey',
}

const ENDED = {
  'signed-out': 'signed out',
  ended: 'from another device',
  replaced: 'replaced by another sign-in',
}

/** Values that change, in the order in which a sentence names them. */
const VALUES = {
  username: 'username',
  email: 'e-mail address',
  passwordHash: 'password',
  // Users of an application do not know the word role.
  role: 'permissions',
  totp: 'authenticator app',
  passkey: 'passkey',
  'recovery-codes': 'recovery codes',
  'factor-reset': 'removal of your second factors',
  'enrolment-code': 'code to set up a second factor',
}

/** Details that are the verb of a change. */
const VERBS = [
  'added',
  'replaced',
  'removed',
  'requested',
  'withdrawn',
  'cancelled',
  'reset',
  'disabled',
  'enabled',
]

/** Details that say all of a change. */
const WHOLE = {
  'signed-out-everywhere': 'signed out everywhere',
  'sessions-ended': 'all sessions ended',
  elapsed: 'second factors removed, as requested',
}

const BY = {
  operator: 'By an operator',
  app: 'By the app',
  system: 'By the service',
  other: 'By another user',
}

/** Returns the words for a value of the service. An object has more members than its own. */
const wordsFor = (value, words) => (Object.hasOwn(words, value) ? words[value] : undefined)

function changeOf({ changes, detail }) {
  const values = Object.keys(VALUES).filter((name) => changes.includes(name))
  const what = values.map((name) => VALUES[name]).join(' and ') || 'account'
  if (changes.includes('role') && detail) return `permissions changed: ${detail}`
  return wordsFor(detail, WHOLE) ?? `${what} ${VERBS.includes(detail) ? detail : 'changed'}`
}

function signInOf({ type, detail, failures }) {
  const how = wordsFor(detail, SIGNED_IN_WITH)
  const after = failures > 0 ? `, after ${failures} wrong password${failures > 1 ? 's' : ''}` : ''
  return `signed in${type === 'session.renewed' ? ' again' : ''}${how ? ` with ${how}` : ''}${after}`
}

const SENTENCES = {
  'session.created': signInOf,
  'session.renewed': signInOf,
  'session.ended': ({ detail }) => ['session ended', wordsFor(detail, ENDED)].filter(Boolean).join(': '),
  'session.reused': () => 'session ended: an old copy of it was used',
  'factor.required': () => 'correct password, without the second factor',
  'grant.created': ({ ref }) => `signed in to ${ref}`,
  'grant.ended': ({ ref, detail }) =>
    `signed out of ${ref}${/reused$/.test(detail) ? ': an old copy of its access was used' : ''}`,
  'consent.given': ({ ref }) => `access allowed to ${ref}`,
  'consent.revoked': ({ ref }) => `access of ${ref} removed`,
  'user.created': () => 'account created',
  'user.updated': changeOf,
}

/** Returns what happened. */
export function whatOf(event) {
  const text = wordsFor(event.type, SENTENCES)?.(event) ?? 'other activity'
  return text[0].toUpperCase() + text.slice(1)
}

/** Returns who did it, if it was not the user. */
export const whoOf = ({ by }) => wordsFor(by, BY)
