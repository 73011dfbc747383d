import client from '../../../../client/client.min.js' with { type: 'text' }
import passkeys from '../../../../client/passkeys.min.js' with { type: 'text' }
import { federatedSite } from '../../../../lib/http/pages/federated-site.ts'
import account from '../../account/page.html' with { type: 'text' }
import accountScript from '../../account/page.js' with { type: 'text' }
import dialogs from '../../factors/dialogs.html' with { type: 'text' }
import enrolment from '../../factors/enrolment.html' with { type: 'text' }
import qr from '../../factors/qr.js' with { type: 'text' }
import secondFactor from '../../factors/second-factor.html' with { type: 'text' }
import mail from '../../mail/sign-in.html' with { type: 'text' }
import proof from '../../proof/dialog.html' with { type: 'text' }
import passwordless from '../../proof/passwordless.html' with { type: 'text' }
import shell from '../../shell.html' with { type: 'text' }
import demoStyle from '../../signin/demo.css' with { type: 'text' }
import demo from '../../signin/demo.js' with { type: 'text' }
import style from '../../signin/page.css' with { type: 'text' }
import signin from '../../signin/page.html' with { type: 'text' }
import script from '../../signin/plain.js' with { type: 'text' }
import federation from '../federation.js' with { type: 'text' }
import response from '../response.html' with { type: 'text' }
import responseScript from '../response.js' with { type: 'text' }

/** The site of `functions/pages/federation/site.ts` with sign-ins by a mail. */
export const site = federatedSite({
  html: {
    shell,
    signin: signin + mail,
    account: account + proof + passwordless,
    enrolment,
    dialogs: secondFactor + dialogs,
  },
  styles: { page: style, demo: demoStyle },
  scripts: { plain: script, demo, account: accountScript },
  qr,
  imported: { 'federation.js': federation },
  response: { html: response, script: responseScript },
  modules: { 'client.js': client, 'passkeys.js': passkeys },
})
