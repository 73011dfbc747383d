import { readConfig } from '../../../lib/config.ts'
import { faceOf } from '../../../lib/http/face.ts'
import { apiHandler } from '../../../lib/http/handler.ts'
import { inShell, pageRoute } from '../../../lib/http/page.ts'
import { byRoute } from '../../../lib/http/routes.ts'
import shell from '../shell.html' with { type: 'text' }
import style from '../signin/page.css' with { type: 'text' }
import { route as form } from './form-request.ts'
import body from './page.html' with { type: 'text' }
import script from './page.js' with { type: 'text' }
import refresh from './refresh.js' with { type: 'text' }

const page = pageRoute({
  folder: 'authorize',
  pages: {
    authorize: inShell(shell, {
      title: 'Sign in to an app',
      width: 'narrow',
      style: 'authorize/page.css',
      script: 'authorize/page.js',
      link: '',
      body,
    }),
  },
  files: { 'page.css': style, 'refresh.js': refresh, 'page.js': script },
  readContent: () => faceOf(readConfig(['DEMO', 'SERVICE_NAME'])),
})

/**
 * GET /oauth2/authorize and GET /oauth2/authorize/{file}: the page of an authorization request, and its files. The page sends the query
 * to `POST /oauth2/approve`. POST /oauth2/authorize leads a form to the page.
 */
export const handler = apiHandler(
  byRoute({
    'GET /oauth2/authorize': page,
    'GET /oauth2/authorize/{file}': page,
    'POST /oauth2/authorize': form,
  }),
)
