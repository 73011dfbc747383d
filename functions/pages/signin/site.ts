import client from '../../../client/client.min.js' with { type: 'text' }
import passkeys from '../../../client/passkeys.min.js' with { type: 'text' }
import { signinSite } from '../../../lib/http/pages/signin-site.ts'
import account from '../account/page.html' with { type: 'text' }
import accountScript from '../account/page.js' with { type: 'text' }
import dialogs from '../factors/dialogs.html' with { type: 'text' }
import enrolment from '../factors/enrolment.html' with { type: 'text' }
import qr from '../factors/qr.js' with { type: 'text' }
import secondFactor from '../factors/second-factor.html' with { type: 'text' }
import shell from '../shell.html' with { type: 'text' }
import demoStyle from './demo.css' with { type: 'text' }
import demo from './demo.js' with { type: 'text' }
import style from './page.css' with { type: 'text' }
import signin from './page.html' with { type: 'text' }
import script from './plain.js' with { type: 'text' }

/** The sign-in page, the account page and their files, and the client for browsers. */
export const site = signinSite({
  html: { shell, signin, account, enrolment, dialogs: secondFactor + dialogs },
  styles: { page: style, demo: demoStyle },
  scripts: { plain: script, demo, account: accountScript },
  qr,
  modules: { 'client.js': client, 'passkeys.js': passkeys },
})
