import client from '../../../client/client.min.js' with { type: 'text' }
import passkeys from '../../../client/passkeys.min.js' with { type: 'text' }
import { readAllowedOrigins, readConfig } from '../../../lib/config.ts'
import { faceOf } from '../../../lib/http/face.ts'
import { pageHandler } from '../../../lib/http/page.ts'
import { featuresOf } from '../../../lib/openapi/route.ts'
import change from '../account/change.js' with { type: 'text' }
import factors from '../account/factors.js' with { type: 'text' }
import account from '../account/page.html' with { type: 'text' }
import accountScript from '../account/page.js' with { type: 'text' }
import sessions from '../account/sessions.js' with { type: 'text' }
import dialogsHtml from '../factors/dialogs.html' with { type: 'text' }
import dialogs from '../factors/dialogs.js' with { type: 'text' }
import enrolmentHtml from '../factors/enrolment.html' with { type: 'text' }
import qr from '../factors/qr.min.js' with { type: 'text' }
import secondFactor from '../factors/second-factor.js' with { type: 'text' }
import setUp from '../factors/set-up.js' with { type: 'text' }
import form from '../form.js' with { type: 'text' }
import demoStyle from './demo.css' with { type: 'text' }
import demo from './demo.js' with { type: 'text' }
import enrolment from './enrolment.js' with { type: 'text' }
import next from './next.js' with { type: 'text' }
import style from './page.css' with { type: 'text' }
import signin from './page.html' with { type: 'text' }
import script from './page.js' with { type: 'text' }

/** Returns a page with dialogs, which several pages have. */
const withDialogs = (page: string, ...dialogs: string[]) =>
  page.replace('<!-- dialogs -->\n', () => dialogs.join('\n'))

const FILES = {
  'page.css': style,
  'demo.css': demoStyle,
  'client.js': client,
  'form.js': form,
  'next.js': next,
  'sessions.js': sessions,
  'passkeys.js': passkeys,
  'dialogs.js': dialogs,
  'second-factor.js': secondFactor,
  'qr.js': qr,
  'set-up.js': setUp,
  'enrolment.js': enrolment,
  'change.js': change,
  'factors.js': factors,
  'page.js': script,
  'demo.js': demo,
  'account.js': accountScript,
}

/**
 * GET /signin, GET /account, and GET /signin/{file}: the sign-in page, the account page, and their files. They have
 * the face, parts and links that the service has. GET /.well-known/change-password leads password managers to the account
 * (https://w3c.github.io/webappsec-change-password-url/). GET /client.js and
 * GET /passkeys.js: the client for browsers.
 */
export const handler = pageHandler({
  folder: 'signin',
  pages: {
    signin: withDialogs(signin, enrolmentHtml, dialogsHtml),
    account: withDialogs(account, dialogsHtml),
  },
  files: FILES,
  modules: { 'client.js': client, 'passkeys.js': passkeys },
  readContent: () => {
    const config = readConfig(['MAILER', 'REGISTRATION', 'DEMO', 'SERVICE_NAME'])
    const { parts, texts } = faceOf(config)
    // A service that allows all origins leads to none of them: an attacker's is among them.
    const origins = readAllowedOrigins().filter((origin) => origin !== '*')
    return {
      parts: [...parts, ...featuresOf(config)],
      texts: { ...texts, allowedOrigins: origins.join(' ') },
    }
  },
  redirects: { 'change-password': '../account#change-password' },
})
