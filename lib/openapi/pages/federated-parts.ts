import type { Config } from '../../config.ts'
import { featuresOf } from '../route.ts'

/** Returns the names of the parts of the page /signin for sign-ins by other providers, and of the features of the service. */
export function federatedParts(
  config: Config<'MAILER' | 'REGISTRATION' | 'OAUTH'>,
  MAIL_SIGN_IN = false,
): string[] {
  const mails = config.MAILER === undefined ? 'identitiesWithoutMails' : 'identityMails'
  const newIdentities = config.REGISTRATION === 'open' ? ['newIdentities', mails] : []
  return [
    ...featuresOf({ ...config, DEMO: false, MAIL_SIGN_IN, FEDERATION: true }),
    ...newIdentities,
    'otherFirst',
  ]
}
