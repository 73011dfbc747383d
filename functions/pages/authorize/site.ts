import { say } from '../../../lib/application/texts.ts'
import { THEME_STYLE } from '../../../lib/application/theme.ts'
import type { Site } from '../../../lib/http/page.ts'
import { inShell } from '../../../lib/http/pages/shell.ts'
import shell from '../shell.html' with { type: 'text' }
import style from '../signin/page.css' with { type: 'text' }
import logoutBody from './logout.html' with { type: 'text' }
import logoutScript from './logout.js' with { type: 'text' }
import body from './page.html' with { type: 'text' }
import script from './page.js' with { type: 'text' }
import refresh from './refresh.js' with { type: 'text' }

/** The pages of an authorization request and of a sign-out, and their files. */
export const site = {
  folder: 'authorize',
  pages: () => ({
    authorize: inShell(shell, {
      title: say('Sign in to an app'),
      width: 'narrow',
      style: 'authorize/page.css',
      script: 'authorize/page.js',
      link: '',
      body,
    }),
    logout: inShell(shell, {
      title: say('Sign out'),
      width: 'narrow',
      style: 'authorize/page.css',
      script: 'authorize/logout.js',
      link: '',
      body: logoutBody,
    }),
  }),
  files: {
    'page.css': style + THEME_STYLE,
    'refresh.js': refresh,
    'page.js': script,
    'logout.js': logoutScript,
  },
} satisfies Partial<Site>
