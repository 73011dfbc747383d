import { readConfig } from '../../../lib/config.ts'
import { mailerHandler } from '../../../lib/http/mailer.ts'
import { DELIVERY } from '../../../lib/mail/deliver.ts'
import { isAllowedDomain } from '../../../lib/registration/domains.ts'

/** `functions/mail/mailer.ts` with `mailSignIn=on`: an address that no user has may register by the mail of a sign-in. */
export const handler = mailerHandler(() => {
  const config = readConfig(['TABLE_NAME', 'REGISTRATION', 'ALLOWED_EMAIL_DOMAINS', ...DELIVERY])
  const { REGISTRATION, ALLOWED_EMAIL_DOMAINS } = config
  const mayRegister = (address: string) =>
    REGISTRATION === 'open' && isAllowedDomain(address, ALLOWED_EMAIL_DOMAINS)
  return { config, mayRegister }
})
