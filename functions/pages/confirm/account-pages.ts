import { readConfig } from '../../../lib/config.ts'
import { faceOf } from '../../../lib/http/face.ts'
import { pageHandler } from '../../../lib/http/page.ts'
import { accountPages } from '../../../lib/http/pages/account-pages.ts'
import forgot from '../forgot/page.html' with { type: 'text' }
import forgotScript from '../forgot/page.js' with { type: 'text' }
import register from '../register/page.html' with { type: 'text' }
import registerScript from '../register/page.js' with { type: 'text' }
import shell from '../shell.html' with { type: 'text' }
import style from '../signin/page.css' with { type: 'text' }
import confirm from './page.html' with { type: 'text' }
import confirmScript from './page.js' with { type: 'text' }

/**
 * GET /register, GET /forgot and GET /confirm: the pages that need mail, and GET /confirm/{file}: their files. With `federation=on`,
 * `functions/pages/federation/account-pages.ts` is in its place.
 */
export const handler = pageHandler({
  ...accountPages({
    html: { shell, register, forgot, confirm },
    style,
    scripts: { register: registerScript, forgot: forgotScript, confirm: confirmScript },
  }),
  readContent: () => faceOf(readConfig(['DEMO', 'SERVICE_NAME'])),
})
