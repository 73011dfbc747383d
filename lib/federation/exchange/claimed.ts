import type { IDToken } from 'oauth4webapi'
import { isLine } from '../../line.ts'
import { isEmail } from '../../users/login-name.ts'
import type { Claimed } from '../identity.ts'
import { isGuid, type Provider } from '../provider.ts'
import { providerRefused } from '../refusals.ts'

/** Domains whose mailboxes Apple runs. Other addresses it has verified once, and they may have another owner now. */
const APPLE_DOMAINS = ['icloud.com', 'me.com', 'mac.com', 'privaterelay.appleid.com', 'private.icloud.com']

const GOOGLE_DOMAINS = ['gmail.com', 'googlemail.com']

const LABEL_LENGTH = 64

/** Characters of a subject that stand for a user without a name. */
const SUBJECT_END = 6

/** Returns whom a verified id_token names. @throws {@link ServiceError} `invalid_credentials`. */
export function claimedOf(provider: Provider, claims: IDToken): Claimed {
  const subject = subjectOf(provider, claims)
  const email = addressOf(claims.email)
  return {
    issuer: provider.issuer,
    subject,
    label: email ?? lineOf(claims.preferred_username) ?? endOf(subject),
    ...(email !== undefined && { email }),
    isProven: email !== undefined && isProven(provider, claims, email.slice(email.lastIndexOf('@') + 1)),
  }
}

/**
 * Returns whether the provider runs the mailbox of an address. A provider that has verified an address once says nothing about its
 * owner of today.
 *
 * @see https://developers.google.com/identity/gsi/web/guides/verify-google-id-token
 */
function isProven({ kind, mailDomains = [] }: Provider, claims: IDToken, domain: string): boolean {
  const isVerified = claims.email_verified === true
  switch (kind) {
    case 'google':
      return (
        isVerified && (GOOGLE_DOMAINS.includes(domain) || (typeof claims.hd === 'string' && claims.hd !== ''))
      )
    case 'apple':
      // Apple sends a text in place of a boolean.
      return (isVerified || claims.email_verified === 'true') && APPLE_DOMAINS.includes(domain)
    case 'oidc':
      return isVerified && mailDomains.includes(domain)
    case 'entra':
      // It has no such claim. `xms_edov` stands for guests too.
      return mailDomains.includes(domain)
    default:
      return false
  }
}

/** `sub` of Entra differs from app to app, so an app that is registered again would lose its users. */
function subjectOf({ id, kind, issuer }: Provider, { sub, oid, tid }: IDToken): string {
  const isOfTenant = kind !== 'entra' || (isGuid(String(tid)) && issuer.includes(`/${tid}/`))
  const subject = kind === 'entra' ? String(oid).toLowerCase() : sub
  if (!isOfTenant || !isSubject(subject) || (kind === 'entra' && !isGuid(subject))) {
    throw providerRefused('the subject is invalid', { provider: id })
  }
  return subject
}

/** Whether a value is 1 to 255 characters of ASCII (OpenID Connect Core section 2). */
const isSubject = (value: unknown): value is string =>
  typeof value === 'string' && /^[\x20-\x7e]{1,255}$/.test(value)

/** Returns an address in lower case. Pages show it, so what is no address is nothing. */
export function addressOf(value: unknown): string | undefined {
  const address = typeof value === 'string' ? value.toLowerCase() : undefined
  return isEmail(address) ? address : undefined
}

/** Returns a name of one line in which all characters show, cut to {@link LABEL_LENGTH}. */
export const lineOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value.trim() !== '' && isLine(value)
    ? [...value.trim()].slice(0, LABEL_LENGTH).join('')
    : undefined

const endOf = (subject: string) => `…${subject.slice(-SUBJECT_END)}`
