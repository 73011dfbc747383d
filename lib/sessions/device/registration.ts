import type { DeviceValues } from '../../context.ts'

/** Path of the service at its address, without a slash at the end. */
export const basePathOf = (issuer: string): string => new URL(issuer).pathname.replace(/\/$/, '')

/**
 * Returns the header `Secure-Session-Registration` of a sign-in into a cookie, which asks the browser to bind the session to a key
 * (Device Bound Session Credentials, section 9.2). No response to a refresh has it: a thief with a copied cookie would bind the session to
 * a key of the thief.
 */
export const registrationOf = ({ deviceChallenge }: DeviceValues, issuer: string): Record<string, string> =>
  deviceChallenge === undefined
    ? {}
    : {
        'Secure-Session-Registration': `(ES256 RS256);path="${basePathOf(issuer)}/sessions/bind";challenge="${deviceChallenge}"`,
      }
