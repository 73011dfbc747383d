import { readConfig } from '../../../lib/config.ts'
import { faceOf } from '../../../lib/http/face.ts'
import { consoleHandler } from '../../../lib/http/pages/console-page.ts'
import { featuresOf } from '../../../lib/openapi/route.ts'
import secondFactor from '../factors/second-factor.html' with { type: 'text' }
import shell from '../shell.html' with { type: 'text' }
import style from '../signin/page.css' with { type: 'text' }
import ownStyle from './page.css' with { type: 'text' }
import body from './page.html' with { type: 'text' }
import script from './page.js' with { type: 'text' }

/** GET /admin-console and GET /admin-console/{file}: the console, and its files. */
export const handler = consoleHandler(
  { shell, body: `${body}${secondFactor}`, style: style + ownStyle, script },
  () => {
    const config = readConfig(['DEMO', 'SERVICE_NAME', 'MAILER', 'REGISTRATION', 'ACT_AS'])
    const { parts, texts } = faceOf(config)
    return { parts: [...parts, ...featuresOf(config), 'passwordFirst'], texts }
  },
)
