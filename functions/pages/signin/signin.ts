import { readConfig } from '../../../lib/config.ts'
import { pageHandler } from '../../../lib/http/page.ts'
import { signinContent } from '../../../lib/http/pages/signin-content.ts'
import { featuresOf } from '../../../lib/openapi/route.ts'
import { site } from './site.ts'

/**
 * GET /signin, GET /account, and GET /signin/{file}: the sign-in page, the account page, and their files. GET
 * /.well-known/change-password leads password managers to the account
 * (https://w3c.github.io/webappsec-change-password-url/). GET /client.js and GET /passkeys.js: the client for
 * browsers. With `federation=on`, `functions/pages/federation/signin.ts` is in its place.
 */
export const handler = pageHandler({
  ...site,
  readContent(event) {
    const config = readConfig(['MAILER', 'REGISTRATION', 'OAUTH', 'DEMO', 'SERVICE_NAME', 'OWN_ROUTES'])
    const { parts, texts } = signinContent(event, config)
    return { parts: [...parts, ...featuresOf({ ...config, DEMO: false }), 'passwordFirst'], texts }
  },
})
