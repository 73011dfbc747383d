import { attributeClaims, type ClaimedAttributes } from '../application/attributes.ts'
import type { Role } from '../application/roles.ts'
import { flag, number, optionalFlag, optionalMap, optionalText, text } from '../aws/dynamodb.ts'
import type { Attributes, Read, ValuesOf } from '../aws/item.ts'
import type { Acr } from './factors.ts'

/** The authenticated caller of a request. */
export interface Principal {
  /**
   * Opaque id of the user, which never changes. Store a user's data under this id, not under the username.
   */
  userId: string
  username: string
  role: Role
  /** Second since the epoch at which the caller's access token expires. */
  expiresAt: number
  /** The user's token generation when the access token was issued. */
  generation: number
  /** Session that the access token belongs to. */
  sessionId: string
  /** Whether the caller signed in with one factor or with two. */
  acr: Acr
  /** Second since the epoch of that sign-in. */
  authTime: number
  /** The attributes that have a claim. */
  attributes: ClaimedAttributes
  /** The operator who acts as the user, and sees only what GET and HEAD show. Missing if the user calls. */
  actor?: { userId: string }
}

/** Attributes of a profile. `createdAt` and `changedAt` are ISO 8601 times; nothing depends on them. */
export const PROFILE = {
  username: text,
  role: text as Read<Role>,
  disabled: flag,
  /** Access tokens with another number are revoked. */
  generation: number,
  /** Sessions with another number are revoked, except `survivingSession`. */
  sessionGeneration: number,
  /** The sign-in in which the user changed the password or the factors; see `signInOf` in `lib/sessions/session.ts`. */
  survivingSession: optionalText,
  /** Names of the second factors, with a space between them; see `factorsOf` in `lib/users/factors.ts`. Missing without any. */
  factors: optionalText,
  /** Whether the user must have a second factor, also under the policy `none`. Missing if not. */
  mustEnrol: optionalFlag,
  /** A second login name. */
  email: optionalText,
  /** Whether the user has proved to own the address. */
  emailVerified: flag,
  /** The address in the spelling of its owner, for mails, if that is not `email`. */
  emailAsWritten: optionalText,
  /** Language of mails, as a BCP 47 tag: one that the service had when it was stored. Missing if the user has none. */
  locale: optionalText,
  /** PHC string, or a hash in the format of another program; see `lib/passwords/hash.ts`. */
  passwordHash: text,
  /** The name by which the place that the user moved from knows the password. Each new password removes it. */
  passwordFrom: optionalText,
  /** Random id of the latest change. A change of factors and a removal have it as a condition. */
  changeId: text,
  createdAt: text,
  changedAt: text,
  /** Id of the user in the program that the user moved from, for operators and the user. Nothing depends on it. */
  externalId: optionalText,
  /**
   * Attributes that `auth.config.ts` defines, with the values of operators; see `userAttributesOf` in
   * `attributes.ts`. Values of users would need another map: IAM conditions cannot name a part of a map.
   */
  attributes: optionalMap,
} satisfies Attributes

/** A stored user. */
export interface User extends ValuesOf<typeof PROFILE> {
  /** 128 random bits in base64url, which are never used again: the `sub` of access tokens. */
  id: string
}

/** Attributes that tokens and sessions depend on: neither credentials nor personal data. */
export const USER_STATE = [
  'username',
  'role',
  'disabled',
  'generation',
  'sessionGeneration',
  'survivingSession',
  'factors',
  'mustEnrol',
  'attributes',
] as const

/** The part of a user that tokens and sessions depend on. */
export type UserState = Pick<User, 'id' | (typeof USER_STATE)[number]>

/** Values that an imported user may have, or a user with a passkey in place of a password. */
type GivenValues = Pick<
  User,
  | 'id'
  | 'email'
  | 'emailVerified'
  | 'emailAsWritten'
  | 'locale'
  | 'disabled'
  | 'createdAt'
  | 'externalId'
  | 'attributes'
  | 'passwordFrom'
  | 'mustEnrol'
  | 'factors'
>

/** Random bytes of a user id. */
export const USER_ID_BYTES = 16
const GENERATION_BYTES = 6

/** Random bytes that {@link newUser} needs: for the id, the change id and both generations. */
export const USER_RANDOM_BYTES = 2 * (USER_ID_BYTES + GENERATION_BYTES)

/**
 * Creates a new user, without storing it.
 *
 * Both generations begin at a random number. If they began at 0, old tokens and sessions would be valid again
 * after a user is removed and imported with the same id.
 *
 * @param values - Values of the user. An `id` is that of an imported user, or of the challenge of a passkey.
 * @param now - Becomes `createdAt`, if `values` has none, and `changedAt`.
 * @param random - {@link USER_RANDOM_BYTES} fresh random bytes.
 */
export function newUser(
  values: Pick<User, 'username' | 'role' | 'passwordHash'> & Partial<GivenValues>,
  now: Date,
  random: Buffer,
): User {
  const bytes = (index: number) =>
    random.toString('base64url', index * USER_ID_BYTES, (index + 1) * USER_ID_BYTES)
  const generation = (index: number) =>
    random.readUIntBE(2 * USER_ID_BYTES + index * GENERATION_BYTES, GENERATION_BYTES)
  return {
    id: bytes(0),
    emailVerified: false,
    disabled: false,
    createdAt: now.toISOString(),
    ...values,
    generation: generation(0),
    sessionGeneration: generation(1),
    changeId: bytes(1),
    changedAt: now.toISOString(),
  }
}

/**
 * Whether a value has the form of a user id: 16 bytes in base64url. The last character has no other bits. So
 * a browser that decodes the id for a passkey and encodes it again returns the same id.
 */
export const isUserId = (value: unknown): value is string =>
  typeof value === 'string' && /^[A-Za-z0-9_-]{21}[AQgw]$/.test(value)

/** Returns the login names of a user. There is only one if the username is the address. */
export const loginNamesOf = ({ username, email }: Pick<User, 'username' | 'email'>): string[] =>
  email === undefined || email === username ? [username] : [username, email]

/**
 * Returns a user's claims with the names of OpenID Connect Core section 5.1. Without an address, both members
 * about it are missing.
 *
 * @param user - `locale` is that of `localeOf`.
 */
export const claimsOf = (
  sub: string,
  {
    username,
    role,
    email,
    emailVerified,
    locale,
    attributes,
  }: Pick<User, 'username' | 'role' | 'email' | 'emailVerified' | 'locale' | 'attributes'>,
) => ({
  ...attributeClaims(attributes),
  sub,
  username,
  role,
  ...(email && { email, email_verified: emailVerified }),
  ...(locale && { locale }),
})

/**
 * Returns the address that a user has proved to own, in the owner's spelling. Only such an address proves the
 * user's identity.
 */
export const verifiedMailboxOf = ({
  email,
  emailVerified,
  emailAsWritten,
}: Pick<User, 'email' | 'emailVerified' | 'emailAsWritten'>): string | undefined =>
  emailVerified ? (emailAsWritten ?? email) : undefined

/** Returns the address for mails to a user, in the owner's spelling, or `undefined` if the user has none. */
export const mailboxOf = ({
  username,
  email,
  emailAsWritten,
}: Pick<User, 'username' | 'email' | 'emailAsWritten'>): string | undefined =>
  emailAsWritten ?? email ?? (username.includes('@') ? username : undefined)
