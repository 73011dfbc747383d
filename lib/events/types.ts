import type { Role } from '../application/roles.ts'

/** Sign-ins and sign-outs, or changes of accounts and of what operators manage. `KEPT_DAYS` says how long events of a class are kept. */
export type EventClass = 'session' | 'change'

/** Values that the types of one kind share. */
interface Kind<C extends EventClass> {
  class: C
  /** Whether the user of the account sees them, on the page /account. */
  own: boolean
}

/** First words of types. They decide the class, so `eventOf` needs no table, which every bundle would contain. */
interface EventTable {
  [type: `${'session' | 'factor' | 'grant'}.${string}`]: Kind<'session'>
  [
    type: `${'consent' | 'user' | 'users' | 'invitation' | 'mail' | 'act' | 'client' | 'api' | 'provider'}.${string}`
  ]: Kind<'change'>
}

/** Sign-ins, sessions and grants. */
const SESSION = { class: 'session', own: true } as const

/** Changes of an account that its user sees. */
const ACCOUNT = { class: 'change', own: true } as const

/** Changes by operators, and the end of an account. No user sees these. */
const OPERATOR = { class: 'change', own: false } as const

/**
 * A kind, for a type whose events have a detail: a value of a closed list. The list is only a type, so it
 * adds nothing to a bundle.
 */
type With<Detail extends string, K> = K & { detail?: Detail }

/** The change of an account's factors, the action of an operator or its user, or the new role. */
type UserDetail =
  | ('added' | 'replaced' | 'removed' | 'elapsed' | 'requested' | 'withdrawn' | 'cancelled' | 'reset')
  | ('disabled' | 'enabled' | 'sessions-ended' | 'signed-out-everywhere')
  // A proof of a change, which its `ref` names. `proved-by-` is followed by what proved it.
  | 'proved-by-mail'
  | 'proved-by-passkey'
  | Role

/**
 * The second step that a sign-in needs after the correct password. With `more`, later ones of the same hour
 * are not listed. With `mail-`, the first step was a mail.
 */
type NeededDetail = 'second-factor' | 'enrolment' | 'more' | 'mail-second-factor' | 'mail-enrolment'

/** A token or code was used again, the session that the grant began in has ended, or the client revoked it. */
type GrantDetail = 'token-reused' | 'code-reused' | 'session-ended' | 'revoked'

/** Why an administrator acts as a user. */
export type ActReason = 'support' | 'bug' | 'abuse' | 'test'

type ClientDetail = 'disabled' | 'enabled' | 'grants-ended' | 'secret-added' | 'secrets-ended'

type ProviderDetail = 'disabled' | 'enabled' | 'secret-replaced'

/**
 * The types of events of accounts, each with its kind and its details. Two files do not compile without words
 * for each type: `functions/pages/account/wording.js` for users, and `scripts/cli/events/rows.ts` for
 * operators.
 */
export const ACCOUNT_EVENTS = {
  // The detail of a sign-in is its claim `amr`.
  'session.created': SESSION as With<string, typeof SESSION>,
  'session.renewed': SESSION as With<string, typeof SESSION>,
  'session.ended': SESSION as With<'signed-out' | 'ended' | 'replaced', typeof SESSION>,
  'session.reused': SESSION,
  'factor.required': SESSION as With<NeededDetail, typeof SESSION>,
  'grant.created': SESSION,
  'grant.ended': SESSION as With<GrantDetail, typeof SESSION>,
  'consent.given': ACCOUNT,
  'consent.revoked': ACCOUNT,
  'user.created': ACCOUNT as With<Role, typeof ACCOUNT>,
  'user.updated': ACCOUNT as With<UserDetail, typeof ACCOUNT>,
  'user.deleted': OPERATOR,
  // An administrator has read the account.
  'user.viewed': ACCOUNT,
  // An administrator has a link for a new password sent.
  'mail.requested': ACCOUNT as With<'reset', typeof ACCOUNT>,
  'act.started': ACCOUNT as With<ActReason, typeof ACCOUNT>,
  'invitation.created': OPERATOR as With<Role, typeof OPERATOR>,
  // Of an export for another system, the detail is the number of users, and the reference is the system.
  'users.exported': OPERATOR as With<string, typeof OPERATOR>,
  'users.searched': OPERATOR,
} satisfies EventTable

/** The rest of the table: clients, APIs and providers. It is separate, so that the bundle of the API description leaves it out. */
export const CLIENT_EVENTS = {
  // The detail of a new client is its type.
  'client.created': OPERATOR as With<string, typeof OPERATOR>,
  'client.updated': OPERATOR as With<ClientDetail, typeof OPERATOR>,
  'client.deleted': OPERATOR,
  'api.created': OPERATOR,
  'api.updated': OPERATOR,
  'api.deleted': OPERATOR,
  // The detail of a new provider is its kind.
  'provider.created': OPERATOR as With<string, typeof OPERATOR>,
  'provider.updated': OPERATOR as With<ProviderDetail, typeof OPERATOR>,
  'provider.deleted': OPERATOR,
} satisfies EventTable

type Events = typeof ACCOUNT_EVENTS & typeof CLIENT_EVENTS

/** A type of events. */
export type EventType = keyof Events

/** A type of events that their user sees. */
export type OwnEventType = {
  [T in EventType]: Events[T] extends { own: true } ? T : never
}[EventType]

/** Details that an event may have. */
export type DetailOf<T extends EventType> = T extends EventType
  ? Events[T] extends { detail?: infer D extends string }
    ? D
    : never
  : never
