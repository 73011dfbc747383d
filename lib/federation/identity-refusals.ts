import { ServiceError } from '../errors.ts'

/**
 * Refusals of identities, by the member `error` of their problems, which clients compare. Each has the code that decides its status,
 * and the detail for people.
 */
export const IDENTITY_REFUSALS = {
  identity_expired: ['invalid_credentials', 'The sign-in at the provider has expired. Start again.'],
  identity_taken: [
    'conflict',
    'This sign-in already belongs to another account. Sign in with it, and remove it there first.',
  ],
  identity_added: ['conflict', 'This sign-in already belongs to your account.'],
  too_many_identities: ['conflict', 'An account can have at most 10 providers. Remove one first.'],
} as const

/** Returns the error of a refusal. `reason` is for the log only. */
export function identityRefusal(error: keyof typeof IDENTITY_REFUSALS, reason: string): ServiceError {
  const [code, detail] = IDENTITY_REFUSALS[error]
  return new ServiceError(code, reason, { event: 'identity.refused', error, detail })
}

/** Returns the text of the response if registration is not open. */
export const closedText = (provider: string): string =>
  `New accounts are not open here. If you have an account, sign in, and add ${provider} on your account page.`

/** Returns the text of the response to a proved address that has an account. */
export const takenText = (provider: string): string =>
  `This address already has an account. Sign in with it, or choose a new password, and add ${provider} on your account page.`
