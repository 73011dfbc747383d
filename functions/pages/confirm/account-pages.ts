import client from '../../../client/client.min.js' with { type: 'text' }
import { readConfig } from '../../../lib/config.ts'
import { faceOf } from '../../../lib/http/face.ts'
import { pageHandler } from '../../../lib/http/page.ts'
import forgot from '../forgot/page.html' with { type: 'text' }
import forgotScript from '../forgot/page.js' with { type: 'text' }
import form from '../form.js' with { type: 'text' }
import createAccount from '../register/create-account.js' with { type: 'text' }
import register from '../register/page.html' with { type: 'text' }
import registerScript from '../register/page.js' with { type: 'text' }
import style from '../signin/page.css' with { type: 'text' }
import address from './address.js' with { type: 'text' }
import confirm from './page.html' with { type: 'text' }
import confirmScript from './page.js' with { type: 'text' }

/** GET /register, GET /forgot and GET /confirm: the pages that need mail, and GET /confirm/{file}: their files. */
export const handler = pageHandler({
  folder: 'confirm',
  pages: { register, forgot, confirm },
  files: {
    'page.css': style,
    'client.js': client,
    'form.js': form,
    'create-account.js': createAccount,
    'address.js': address,
    'register.js': registerScript,
    'forgot.js': forgotScript,
    'confirm.js': confirmScript,
  },
  readContent: () => faceOf(readConfig(['DEMO', 'SERVICE_NAME'])),
})
