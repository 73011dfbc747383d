import { randomBytes } from 'node:crypto'
import type { Deployment } from '../../aws/access.ts'
import { optionalText } from '../../aws/dynamodb.ts'
import { type Attributes, namesOf, valuesOf } from '../../aws/item.ts'
import type { ReadsDevice } from '../../context.ts'

/**
 * Attributes of a session in a cookie, in addition to `SESSION`. With `deviceBoundSessions=off` no function reads or writes them, so no
 * permission names them.
 */
export const BINDING = {
  /** Public key of the device that the session is bound to, as a JWK with the members of RFC 7638. */
  device: optionalText,
  /** What the device signs next. */
  deviceChallenge: optionalText,
} satisfies Attributes

/** How the device of a session is read. Only the function that binds sessions reads what a device signs next. */
export const DEVICE: ReadsDevice = {
  names: ['device'],
  valuesOf: (item) => valuesOf(BINDING, item, ['device']),
}

/** How all values of a device are read. */
export const DEVICE_VALUES: ReadsDevice = {
  names: /* @__PURE__ */ namesOf(BINDING),
  valuesOf: (item) => valuesOf(BINDING, item),
}

/** Returns attributes of a device that permissions name only if sessions are bound to devices. */
export const permittedOf = ({ bindsDevices }: Deployment, names: readonly string[]): readonly string[] =>
  bindsDevices ? names : []

const CHALLENGE_BYTES = 16

/** Returns a new challenge for a device. */
export const newChallenge = (): string => randomBytes(CHALLENGE_BYTES).toString('base64url')
