import { readConfig } from '../../../lib/config.ts'
import { faceOf } from '../../../lib/http/face.ts'
import { consoleHandler } from '../../../lib/http/pages/console-page.ts'
import { featuresOf } from '../../../lib/openapi/route.ts'
import ownStyle from '../console/page.css' with { type: 'text' }
import body from '../console/page.html' with { type: 'text' }
import script from '../console/page.js' with { type: 'text' }
import secondFactor from '../factors/second-factor.html' with { type: 'text' }
import shell from '../shell.html' with { type: 'text' }
import style from '../signin/page.css' with { type: 'text' }

/** The routes of `functions/pages/console/console.ts`, with words about sign-ins by a mail. */
export const handler = consoleHandler(
  { shell, body: `${body}${secondFactor}`, style: style + ownStyle, script },
  () => {
    const config = readConfig(['DEMO', 'SERVICE_NAME', 'MAILER', 'REGISTRATION', 'ACT_AS'])
    const { parts, texts } = faceOf(config)
    return { parts: [...parts, ...featuresOf(config), 'passwordFirst'], texts }
  },
)
