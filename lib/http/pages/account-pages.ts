import { say } from '../../application/texts.ts'
import { THEME_STYLE } from '../../application/theme.ts'
import type { Site } from '../page.ts'
import { inShell } from './shell.ts'

/** The files of the pages that need mail, as texts. */
export interface AccountPageTexts {
  html: Record<'shell' | 'register' | 'forgot' | 'confirm', string>
  style: string
  scripts: Record<'register' | 'forgot' | 'confirm', string>
}

/** Returns the pages that need mail, and their files. */
export function accountPages({ html, style, scripts }: AccountPageTexts) {
  const page = (title: string, name: 'register' | 'forgot' | 'confirm') =>
    inShell(html.shell, {
      title,
      width: 'narrow',
      style: 'confirm/page.css',
      script: `confirm/${name}.js`,
      link: '<a href="signin">Sign in</a>',
      body: html[name],
      // The link of a mail is in the memory of its page.
      hasLanguageLinks: name !== 'confirm',
    })
  return {
    folder: 'confirm',
    pages: () => ({
      register: page(say('Create an account'), 'register'),
      forgot: page(say('Choose a new password'), 'forgot'),
      confirm: page(say('Confirm'), 'confirm'),
    }),
    files: {
      'page.css': style + THEME_STYLE,
      'register.js': scripts.register,
      'forgot.js': scripts.forgot,
      'confirm.js': scripts.confirm,
    },
  } satisfies Partial<Site>
}
