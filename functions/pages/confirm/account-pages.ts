import { say } from '../../../lib/application/texts.ts'
import { THEME_STYLE } from '../../../lib/application/theme.ts'
import { readConfig } from '../../../lib/config.ts'
import { faceOf } from '../../../lib/http/face.ts'
import { inShell, pageHandler } from '../../../lib/http/page.ts'
import forgot from '../forgot/page.html' with { type: 'text' }
import forgotScript from '../forgot/page.js' with { type: 'text' }
import register from '../register/page.html' with { type: 'text' }
import registerScript from '../register/page.js' with { type: 'text' }
import shell from '../shell.html' with { type: 'text' }
import style from '../signin/page.css' with { type: 'text' }
import confirm from './page.html' with { type: 'text' }
import confirmScript from './page.js' with { type: 'text' }

const page = (title: string, script: string, body: string) =>
  inShell(shell, {
    title,
    width: 'narrow',
    style: 'confirm/page.css',
    script,
    link: '<a href="signin">Sign in</a>',
    body,
  })

/** GET /register, GET /forgot and GET /confirm: the pages that need mail, and GET /confirm/{file}: their files. */
export const handler = pageHandler({
  folder: 'confirm',
  pages: {
    register: page(say('Create an account'), 'confirm/register.js', register),
    forgot: page(say('Choose a new password'), 'confirm/forgot.js', forgot),
    confirm: page(say('Confirm'), 'confirm/confirm.js', confirm),
  },
  files: {
    'page.css': style + THEME_STYLE,
    'register.js': registerScript,
    'forgot.js': forgotScript,
    'confirm.js': confirmScript,
  },
  readContent: () => {
    const { FEDERATION, ...config } = readConfig(['DEMO', 'SERVICE_NAME', 'FEDERATION'])
    const { parts, texts } = faceOf(config)
    return { parts: FEDERATION ? [...parts, 'federation'] : parts, texts }
  },
})
