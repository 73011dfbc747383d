import { readConfig } from '../../../lib/config.ts'
import { faceOf } from '../../../lib/http/face.ts'
import { pageHandler } from '../../../lib/http/page.ts'
import { accountPages } from '../../../lib/http/pages/account-pages.ts'
import confirm from '../confirm/page.html' with { type: 'text' }
import confirmScript from '../confirm/page.js' with { type: 'text' }
import dialogs from '../factors/dialogs.html' with { type: 'text' }
import forgot from '../forgot/page.html' with { type: 'text' }
import forgotScript from '../forgot/page.js' with { type: 'text' }
import register from '../register/page.html' with { type: 'text' }
import registerScript from '../register/page.js' with { type: 'text' }
import shell from '../shell.html' with { type: 'text' }
import style from '../signin/page.css' with { type: 'text' }

/** The routes of `functions/pages/confirm/account-pages.ts`, with `mailSignIn=on`: links sign in, and accounts may have no password. */
export const handler = pageHandler({
  ...accountPages({
    // The recovery codes of an account with a passkey are shown in a dialog.
    html: { shell, register: register + dialogs, forgot, confirm: confirm + dialogs },
    style,
    scripts: { register: registerScript, forgot: forgotScript, confirm: confirmScript },
  }),
  readContent() {
    const { parts, texts } = faceOf(readConfig(['DEMO', 'SERVICE_NAME']))
    return { parts: [...parts, 'mailSignIn'], texts }
  },
})
