import client from '../../../client/client.min.js' with { type: 'text' }
import passkeys from '../../../client/passkeys.min.js' with { type: 'text' }
import { ROLES } from '../../../lib/application/roles.ts'
import { say } from '../../../lib/application/texts.ts'
import { THEME_STYLE } from '../../../lib/application/theme.ts'
import { readAllowedOrigins, readConfig } from '../../../lib/config.ts'
import { faceOf } from '../../../lib/http/face.ts'
import { inShell, pageHandler } from '../../../lib/http/page.ts'
import { featuresOf } from '../../../lib/openapi/route.ts'
import account from '../account/page.html' with { type: 'text' }
import accountScript from '../account/page.js' with { type: 'text' }
import dialogs from '../factors/dialogs.html' with { type: 'text' }
import enrolment from '../factors/enrolment.html' with { type: 'text' }
import qr from '../factors/qr.js' with { type: 'text' }
import shell from '../shell.html' with { type: 'text' }
import demoStyle from './demo.css' with { type: 'text' }
import demo from './demo.js' with { type: 'text' }
import style from './page.css' with { type: 'text' }
import signin from './page.html' with { type: 'text' }
import script from './page.js' with { type: 'text' }

const PAGES = {
  signin: inShell(shell, {
    title: say('Sign in'),
    width: 'narrow',
    style: 'signin/{{face}}.css',
    script: 'signin/{{face}}.js',
    head: `<meta name="allowed-origins" content="{{allowedOrigins}}">
    <!-- if plain --><meta name="default-next" content="account"><!-- end -->`,
    link: '<!-- if demo --><a href="docs">API</a><!-- end -->',
    body: `${signin}${enrolment}${dialogs}`,
  }),
  account: inShell(shell, {
    title: say('Your account'),
    width: 'medium',
    style: 'signin/plain.css',
    script: 'signin/account.js',
    link: '<!-- if demo --><a href="signin">Access token</a><!-- end -->',
    body: `${account}${dialogs}`,
  }),
}

const FILES = {
  'plain.css': style + THEME_STYLE,
  'demo.css': style + demoStyle + THEME_STYLE,
  'qr.js': qr,
  'plain.js': script,
  'demo.js': demo,
  'account.js': accountScript,
}

/**
 * GET /signin, GET /account, and GET /signin/{file}: the sign-in page, the account page, and their files.
 * They have the face, parts and links of the service. With `next`, /signin has the face without the demo. GET
 * /.well-known/change-password leads password managers to the account
 * (https://w3c.github.io/webappsec-change-password-url/). GET /client.js and GET /passkeys.js: the client for
 * browsers.
 */
export const handler = pageHandler({
  folder: 'signin',
  pages: PAGES,
  files: FILES,
  modules: { 'client.js': client, 'passkeys.js': passkeys },
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
  redirects: { 'change-password': '../account#change-password' },
})
