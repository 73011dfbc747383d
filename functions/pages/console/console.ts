import { say } from '../../../lib/application/texts.ts'
import { THEME_STYLE } from '../../../lib/application/theme.ts'
import { readConfig } from '../../../lib/config.ts'
import { faceOf } from '../../../lib/http/face.ts'
import { apiHandler } from '../../../lib/http/handler.ts'
import { inShell, pageRoute } from '../../../lib/http/page.ts'
import { featuresOf } from '../../../lib/openapi/route.ts'
import secondFactor from '../factors/second-factor.html' with { type: 'text' }
import shell from '../shell.html' with { type: 'text' }
import style from '../signin/page.css' with { type: 'text' }
import ownStyle from './page.css' with { type: 'text' }
import body from './page.html' with { type: 'text' }
import script from './page.js' with { type: 'text' }

/** No text becomes a script, and no script may allow it (https://w3c.github.io/trusted-types/dist/spec/). */
const TRUSTED_TYPES = "require-trusted-types-for 'script'; trusted-types 'none'"

const page = pageRoute({
  folder: 'admin-console',
  pages: {
    'admin-console': inShell(shell, {
      title: say('Console'),
      width: 'medium',
      style: 'admin-console/page.css',
      script: 'admin-console/page.js',
      link: '<a href="account">Your account</a>',
      body: `${body}${secondFactor}`,
    }),
  },
  files: { 'page.css': style + ownStyle + THEME_STYLE, 'page.js': script },
  readContent: () => {
    const config = readConfig(['DEMO', 'SERVICE_NAME', 'MAILER', 'REGISTRATION', 'ACT_AS'])
    const { parts, texts } = faceOf(config)
    return { parts: [...parts, ...featuresOf(config), 'passwordFirst'], texts }
  },
})

/** GET /admin-console and GET /admin-console/{file}: the console, and its files. It has no data: its script calls the admin API. */
export const handler = apiHandler(async (event, request) => {
  const { headers, ...response } = await page(event, request)
  const policy = `${headers?.['Content-Security-Policy']}; ${TRUSTED_TYPES}`
  return { ...response, headers: { ...headers, 'Content-Security-Policy': policy } }
})
