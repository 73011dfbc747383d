import { readConfig } from '../../../lib/config.ts'
import { sentResponse } from '../../../lib/http/forms/sent-form.ts'
import { pageHandler } from '../../../lib/http/page.ts'
import { signinContent } from '../../../lib/http/pages/signin-content.ts'
import { federatedParts } from '../../../lib/openapi/pages/federated-parts.ts'
import { site } from './site.ts'

/**
 * The routes of `functions/pages/signin/signin.ts`, with `federation=on`. GET and POST /signin/{provider}: the page that an identity
 * provider leads to.
 */
export const handler = pageHandler({
  ...site,
  readContent(event) {
    const config = readConfig(['MAILER', 'REGISTRATION', 'OAUTH', 'DEMO', 'SERVICE_NAME', 'OWN_ROUTES'])
    const { parts, texts } = signinContent(event, config)
    return {
      parts: [...parts, ...federatedParts(config)],
      texts: { ...texts, form: sentResponse(event) },
    }
  },
})
