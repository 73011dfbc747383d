import { ROLES } from '../../../lib/application/roles.ts'
import { readAllowedOrigins, readConfig } from '../../../lib/config.ts'
import { faceOf } from '../../../lib/http/face.ts'
import { pageHandler } from '../../../lib/http/page.ts'
import { sentResponse } from '../../../lib/http/sent-form.ts'
import { featuresOf } from '../../../lib/openapi/route.ts'
import { site } from './site.ts'

/**
 * GET /signin, GET /account, and GET /signin/{file}: the sign-in page, the account page, and their files.
 * They have the face, parts and links of the service. GET and POST /signin/{provider}: the page that an
 * identity provider leads to. GET /.well-known/change-password leads password managers to the account
 * (https://w3c.github.io/webappsec-change-password-url/). GET /client.js and GET /passkeys.js.
 */
export const handler = pageHandler({
  ...site,
  readContent: (event) => {
    const config = readConfig([
      'MAILER',
      'REGISTRATION',
      'OAUTH',
      'FEDERATION',
      'DEMO',
      'SERVICE_NAME',
      'OWN_ROUTES',
    ])
    // A sign-in page that leads on, such as to an app, is for users of that app: it does not show the demo.
    const isDemo = config.DEMO && event.queryStringParameters?.next === undefined
    const shown = isDemo ? config : { ...config, DEMO: false }
    const { parts, texts } = faceOf(shown)
    // The demo calls routes of the application, but none with a parameter.
    const called = isDemo ? config.OWN_ROUTES.filter((route) => /^GET[^{]*$/.test(route)) : []
    const content = called.length > 0 ? ['content'] : []
    const demoUsers = config.DEMO ? ['demoUsers'] : []
    const newIdentities = config.FEDERATION && config.REGISTRATION === 'open' ? ['newIdentities'] : []
    // If a service allows all origins, the page leads to none of them, because attackers have origins too.
    const origins = readAllowedOrigins().filter((origin) => origin !== '*')
    const own = { allowedOrigins: origins.join(' '), ownRoutes: called.join(' '), roles: ROLES.join(', ') }
    return {
      parts: [...parts, ...featuresOf(shown), ...content, ...demoUsers, ...newIdentities],
      texts: { ...texts, ...own, form: sentResponse(event) },
    }
  },
})
