import { ROLES } from '../../../lib/application/roles.ts'
import { readAllowedOrigins, readConfig } from '../../../lib/config.ts'
import { faceOf } from '../../../lib/http/face.ts'
import { pageHandler } from '../../../lib/http/page.ts'
import { featuresOf } from '../../../lib/openapi/route.ts'
import { site } from './site.ts'

/**
 * GET /signin, GET /account, and GET /signin/{file}: the sign-in page, the account page, and their files.
 * They have the face, parts and links of the service. With `next`, /signin has the face without the demo. GET
 * /.well-known/change-password leads password managers to the account
 * (https://w3c.github.io/webappsec-change-password-url/). GET /client.js and GET /passkeys.js: the client for
 * browsers.
 */
export const handler = pageHandler({
  ...site,
  readContent: ({ queryStringParameters }) => {
    const config = readConfig(['MAILER', 'REGISTRATION', 'OAUTH', 'DEMO', 'SERVICE_NAME', 'OWN_ROUTES'])
    // A sign-in page that leads on, such as to an app, is for users of that app, so it does not show the
    // demo.
    const isDemo = config.DEMO && queryStringParameters?.next === undefined
    const shown = isDemo ? config : { ...config, DEMO: false }
    const { parts, texts } = faceOf(shown)
    const features = featuresOf(shown)
    // The demo calls routes of the application, but none with a parameter.
    const called = isDemo ? config.OWN_ROUTES.filter((route) => /^GET[^{]*$/.test(route)) : []
    const content = called.length > 0 ? ['content'] : []
    const demoUsers = config.DEMO ? ['demoUsers'] : []
    // If a service allows all origins, the page leads to none of them, because attackers have origins too.
    const origins = readAllowedOrigins().filter((origin) => origin !== '*')
    return {
      parts: [...parts, ...features, ...content, ...demoUsers],
      texts: {
        ...texts,
        allowedOrigins: origins.join(' '),
        ownRoutes: called.join(' '),
        roles: ROLES.join(', '),
      },
    }
  },
})
