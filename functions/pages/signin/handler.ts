import client from '../../../client/client.min.js' with { type: 'text' }
import { readConfig } from '../../../lib/config.ts'
import { pageHandler } from '../../../lib/http/page.ts'
import { featuresOf } from '../../../lib/openapi/route.ts'
import form from '../form.js' with { type: 'text' }
import style from './page.css' with { type: 'text' }
import page from './page.html' with { type: 'text' }
import script from './page.js' with { type: 'text' }

/**
 * GET /signin and GET /signin/{file}: the sign-in page and its files. It links to the pages that the service has. GET
 * /client.js: the client for browsers.
 */
export const handler = pageHandler({
  folder: 'signin',
  pages: { signin: page },
  files: { 'page.css': style, 'form.js': form, 'page.js': script },
  modules: { 'client.js': client },
  readNames: () => featuresOf(readConfig(['MAILER', 'REGISTRATION'])),
})
