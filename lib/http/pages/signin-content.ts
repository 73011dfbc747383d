import type { APIGatewayProxyEvent } from 'aws-lambda'
import { LANGUAGES } from '../../application/languages.ts'
import { ROLES } from '../../application/roles.ts'
import { type Config, readAllowedOrigins } from '../../config.ts'
import { faceOf } from '../face.ts'
import type { PageContent } from '../page.ts'

/**
 * Returns the content of the pages /signin and /account, without the features of the service. With `next`, /signin has the face without
 * the demo.
 */
export function signinContent(
  event: APIGatewayProxyEvent,
  config: Config<'MAILER' | 'DEMO' | 'SERVICE_NAME' | 'OWN_ROUTES'>,
): PageContent {
  // A sign-in page that leads on, such as to an app, is for users of that app: it does not show the demo.
  const isDemo = config.DEMO && event.queryStringParameters?.next === undefined
  const { parts, texts } = faceOf(isDemo ? config : { ...config, DEMO: false })
  // The demo calls routes of the application, but none with a parameter.
  const called = isDemo ? config.OWN_ROUTES.filter((route) => /^GET[^{]*$/.test(route)) : []
  const content = called.length > 0 ? ['content'] : []
  const languages = LANGUAGES.length > 1 && config.MAILER !== undefined ? ['languages'] : []
  const demoUsers = config.DEMO ? ['demoUsers'] : []
  // If a service allows all origins, the page leads to none of them, because attackers have origins too.
  const origins = readAllowedOrigins().filter((origin) => origin !== '*')
  return {
    parts: [...parts, ...content, ...demoUsers, ...languages],
    texts: {
      ...texts,
      allowedOrigins: origins.join(' '),
      ownRoutes: called.join(' '),
      roles: ROLES.join(', '),
    },
  }
}
