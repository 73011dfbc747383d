import { say } from '../../application/texts.ts'
import { THEME_STYLE } from '../../application/theme.ts'
import { apiHandler } from '../handler.ts'
import { pageRoute, type Site } from '../page.ts'
import { inShell } from './shell.ts'

/** No text becomes a script, and no script may allow it (https://w3c.github.io/trusted-types/dist/spec/). */
const TRUSTED_TYPES = "require-trusted-types-for 'script'; trusted-types 'none'"

/** The files of the console, as texts. */
export interface ConsoleTexts {
  shell: string
  body: string
  style: string
  script: string
}

/** Creates the handler of the console. It has no data: its script calls the admin API. */
export function consoleHandler(texts: ConsoleTexts, readContent: NonNullable<Site['readContent']>) {
  const page = pageRoute({
    folder: 'admin-console',
    pages: () => ({
      'admin-console': inShell(texts.shell, {
        title: say('Console'),
        width: 'medium',
        style: 'admin-console/page.css',
        script: 'admin-console/page.js',
        link: '<a href="account">Your account</a>',
        body: texts.body,
      }),
    }),
    files: { 'page.css': texts.style + THEME_STYLE, 'page.js': texts.script },
    readContent,
  })
  return apiHandler(async (event, request) => {
    const { headers, ...response } = await page(event, request)
    const policy = `${headers?.['Content-Security-Policy']}; ${TRUSTED_TYPES}`
    return { ...response, headers: { ...headers, 'Content-Security-Policy': policy } }
  })
}
