import { flag, number, optionalNumber, text, texts } from '../../aws/dynamodb.ts'
import type { Attributes, Read, ValuesOf } from '../../aws/item.ts'
import { isUserId } from '../../users/user.ts'
import { CLIENT_ID } from '../../values.ts'

/**
 * Types of clients. The type decides all rules of a client:
 * - `web`: runs on a server and has a secret;
 * - `browser`: a single-page app, without a secret (RFC 6749 section 2.1, public client);
 * - `native`: an app on a device, without a secret (RFC 8252);
 * - `machine`: a program without users, which has a secret and uses only client credentials.
 */
export const CLIENT_TYPES = ['web', 'browser', 'native', 'machine'] as const

export type ClientType = (typeof CLIENT_TYPES)[number]

/** Attributes of a client, without its secrets: those are `CLIENT_SECRETS` in `secret.ts`, in the same item. */
export const CLIENT = {
  type: text as Read<ClientType>,
  /** As the screens show it. */
  name: text,
  /** The name in other languages (OpenID Connect Registration 1.0 section 2.1): a tag, a space and the name. */
  names: texts,
  /** Random 48 bits at first. Codes and grants carry it, and those with another number are invalid. */
  generation: number,
  disabled: flag,
  /** Compared as text; see `redirect-uri.ts`. */
  redirectUris: texts,
  /** Where a sign-out at the client's request may lead. */
  postLogoutRedirectUris: texts,
  /** Scopes that the client may ask for: `openid`, or identifier of an API and scope; see `lib/oauth/scopes.ts`. */
  scopes: texts,
  /** Whether the client belongs to the application: it needs no consent. */
  firstParty: flag,
  /** Whether a `browser` client may get a code without a screen. */
  silent: flag,
  /** Whether redirect URIs may be loopback addresses, for development. Those of a `native` client always may. */
  local: flag,
  /** Lifetime of access tokens in seconds. Without it, that of the application's tokens. */
  tokenTtlSeconds: optionalNumber,
  /**
   * Seconds from the approval to the end of a grant with `offline_access`. Without it, `GRANT_TTL_SECONDS`.
   */
  grantTtlSeconds: optionalNumber,
  /** Seconds from the last use to the end of such a grant. Without it, `GRANT_IDLE_TTL_SECONDS`. */
  grantIdleTtlSeconds: optionalNumber,
  /** Random id of the latest change. Every change has it as a condition. */
  changeId: text,
  /** ISO 8601 times. Nothing depends on them. */
  createdAt: text,
  changedAt: text,
} satisfies Attributes

/** A stored client. */
export interface Client extends ValuesOf<typeof CLIENT> {
  /** `client_id` (RFC 6749 section 2.2). */
  id: string
}

const GENERATION_BYTES = 6
const CHANGE_ID_BYTES = 16

/** Random bytes that {@link newClient} needs: for the generation and the change id. */
export const CLIENT_RANDOM_BYTES = GENERATION_BYTES + CHANGE_ID_BYTES

/**
 * Creates a new client without a secret, without storing it. Its generation is random. A client that is
 * removed and added again therefore accepts no code and no grant from before.
 *
 * @param now - Becomes `createdAt` and `changedAt`.
 * @param random - {@link CLIENT_RANDOM_BYTES} fresh random bytes.
 */
export const newClient = (
  values: Pick<Client, 'id' | 'type' | 'name'> & Partial<Client>,
  now: Date,
  random: Buffer,
): Client => ({
  names: [],
  disabled: false,
  redirectUris: [],
  postLogoutRedirectUris: [],
  scopes: [],
  firstParty: false,
  silent: false,
  local: false,
  createdAt: now.toISOString(),
  ...values,
  generation: random.readUIntBE(0, GENERATION_BYTES),
  changeId: random.toString('base64url', GENERATION_BYTES, CLIENT_RANDOM_BYTES),
  changedAt: now.toISOString(),
})

/** Returns the change that ends all codes and grants of a client. */
export const endGrants = ({ generation }: Pick<Client, 'generation'>) => ({ generation: generation + 1 })

/** Longest id of a registered client. */
export const MAX_CLIENT_ID_CHARACTERS = 64

/**
 * Whether a value has the form of a client id. It differs from the form of a user id, because the client id
 * is the subject of a machine's token. It also differs from the client id in tokens of the application.
 */
export const isClientId = (value: unknown): value is string =>
  typeof value === 'string' &&
  value.length <= MAX_CLIENT_ID_CHARACTERS &&
  /^[a-z0-9][a-z0-9.-]{2,}$/.test(value) &&
  value !== CLIENT_ID &&
  !isUserId(value)

/** Whether clients of a type have a secret. */
export const hasSecret = ({ type }: Pick<Client, 'type'>): boolean => type === 'web' || type === 'machine'
