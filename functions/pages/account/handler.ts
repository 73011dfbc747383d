import { pageHandler } from '../../../lib/http/page.ts'
import confirm from '../confirm/page.html' with { type: 'text' }
import confirmScript from '../confirm/page.js' with { type: 'text' }
import forgot from '../forgot/page.html' with { type: 'text' }
import forgotScript from '../forgot/page.js' with { type: 'text' }
import form from '../form.js' with { type: 'text' }
import register from '../register/page.html' with { type: 'text' }
import registerScript from '../register/page.js' with { type: 'text' }
import style from '../signin/page.css' with { type: 'text' }

/**
 * GET /register, GET /forgot and GET /confirm: the pages for accounts, and GET /confirm/{file}: their files. GET
 * /.well-known/change-password leads password managers to the page for a new password
 * (https://w3c.github.io/webappsec-change-password-url/).
 */
export const handler = pageHandler({
  folder: 'confirm',
  pages: { register, forgot, confirm },
  files: {
    'page.css': style,
    'form.js': form,
    'register.js': registerScript,
    'forgot.js': forgotScript,
    'confirm.js': confirmScript,
  },
  redirects: { 'change-password': '../forgot' },
})
