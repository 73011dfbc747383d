import { pageHandler } from '../../../lib/http/page.ts'
import style from './page.css' with { type: 'text' }
import page from './page.html' with { type: 'text' }
import script from './page.js' with { type: 'text' }

/** GET /signin and GET /signin/{file}: the sign-in page and its files. */
export const handler = pageHandler('signin', page, {
  'page.css': style,
  'page.js': script,
})
