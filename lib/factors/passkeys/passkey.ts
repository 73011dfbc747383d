import { hash } from 'node:crypto'
import { flag, number, optionalText, text } from '../../aws/dynamodb.ts'
import type { Attributes, Read, ValuesOf } from '../../aws/item.ts'

/** Attributes of a stored passkey. */
export const PASSKEY = {
  /** In base64url, as browsers send it. */
  credentialId: text,
  /** COSE key in base64url. */
  publicKey: text,
  /** Signature counter of the latest sign-in; 0 if the authenticator does not count. */
  counter: number,
  /** Transports of the authenticator from the browser, with a space between values. */
  transports: optionalText,
  /** Whether the passkey may be copied to other devices. It never changes (WebAuthn level 3, section 6.1.3). */
  deviceType: text as Read<'singleDevice' | 'multiDevice'>,
  /** Whether it has been copied, as of the latest sign-in. */
  backedUp: flag,
  /**
   * Whether it verified its user at the registration, or later after the password. Only such a passkey is
   * both factors: a thief of a security key can set its first PIN (WebAuthn level 3, section 4, credential
   * record).
   */
  uvInitialized: flag,
  name: text,
  /** ISO 8601 times. */
  createdAt: text,
  lastUsedAt: optionalText,
} satisfies Attributes

/** A stored passkey. */
export type Passkey = ValuesOf<typeof PASSKEY>

/** Most passkeys of one user. */
export const MAX_PASSKEYS = 20

/** Longest credential id in bytes (WebAuthn level 3, section 7.1). */
export const MAX_CREDENTIAL_ID_BYTES = 1_023

/**
 * Returns the id of a passkey in this service: a hash of its credential id, which may be too long for a key.
 */
export const passkeyIdOf = (credentialId: string): string => hash('sha256', credentialId, 'base64url')

/** Whether a value has the form of a passkey's id. */
export const isPasskeyId = (value: unknown): value is string =>
  typeof value === 'string' && /^[A-Za-z0-9_-]{43}$/.test(value)

/** Returns the name of a passkey whose user chose none. */
export const defaultName = (now: Date): string => `Passkey of ${now.toISOString().slice(0, 10)}`

/** A passkey for its user. */
export interface PasskeySummary {
  id: string
  name: string
  createdAt: string
  lastUsedAt?: string | undefined
  /** Whether the passkey is on several devices, as of its latest use. */
  synced: boolean
  transports?: string[]
}

/** Returns a passkey for its user. */
export const summaryOf = (passkey: Passkey): PasskeySummary => ({
  id: passkeyIdOf(passkey.credentialId),
  name: passkey.name,
  createdAt: passkey.createdAt,
  ...(passkey.lastUsedAt && { lastUsedAt: passkey.lastUsedAt }),
  synced: passkey.backedUp,
  ...(passkey.transports && { transports: passkey.transports.split(' ') }),
})
