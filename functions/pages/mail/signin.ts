import { readConfig } from '../../../lib/config.ts'
import { pageHandler } from '../../../lib/http/page.ts'
import { signinContent } from '../../../lib/http/pages/signin-content.ts'
import { featuresOf } from '../../../lib/openapi/route.ts'
import { site } from './site.ts'

/** The routes of `functions/pages/signin/signin.ts`, with `mailSignIn=on`: users may sign in by a mail, and have no password. */
export const handler = pageHandler({
  ...site,
  readContent(event) {
    const config = readConfig(['MAILER', 'REGISTRATION', 'OAUTH', 'DEMO', 'SERVICE_NAME', 'OWN_ROUTES'])
    const { parts, texts } = signinContent(event, config)
    const features = featuresOf({ ...config, DEMO: false, MAIL_SIGN_IN: true })
    return { parts: [...parts, ...features, 'otherFirst'], texts }
  },
})
