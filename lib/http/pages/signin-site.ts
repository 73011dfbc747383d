import { say } from '../../application/texts.ts'
import { THEME_STYLE } from '../../application/theme.ts'
import type { Site } from '../page.ts'
import { languageOptions } from './language-links.ts'
import { inShell } from './shell.ts'

/** The files of the sign-in page and of the account page, as texts. */
export interface SigninTexts {
  html: Record<'shell' | 'signin' | 'account' | 'enrolment' | 'dialogs', string>
  styles: Record<'page' | 'demo', string>
  scripts: Record<'plain' | 'demo' | 'account', string>
  qr: string
  /** Further files that the scripts import, by their names. A page loads them at the same time. */
  imported?: Record<string, string>
  /** The client for browsers, by the names of its routes. */
  modules: Record<string, string>
}

/** Returns the sign-in page, the account page and their files, and the client for browsers. */
export const signinSite = ({ html, styles, scripts, qr, imported = {}, modules }: SigninTexts) =>
  ({
    folder: 'signin',
    pages: () =>
      pagesOf(
        html,
        Object.keys(imported).map((name) => `<link rel="modulepreload" href="signin/${name}">`),
      ),
    files: {
      'plain.css': styles.page + THEME_STYLE,
      'demo.css': styles.page + styles.demo + THEME_STYLE,
      'qr.js': qr,
      ...imported,
      'plain.js': scripts.plain,
      // It imports that one.
      'demo.js': scripts.demo,
      'account.js': scripts.account,
    },
    modules,
    redirects: { 'change-password': '../account#change-password' },
  }) satisfies Partial<Site>

const pagesOf = (html: SigninTexts['html'], links: readonly string[]) => ({
  signin: inShell(html.shell, {
    title: say('Sign in'),
    width: 'narrow',
    style: 'signin/{{face}}.css',
    script: 'signin/{{face}}.js',
    head: [
      '<meta name="allowed-origins" content="{{allowedOrigins}}">',
      '<!-- if plain --><meta name="default-next" content="account"><!-- end -->',
      '<!-- if demo --><link rel="modulepreload" href="signin/plain.js"><!-- end -->',
      ...links,
    ].join('\n    '),
    link: '<!-- if demo --><a href="docs">API</a><!-- end -->',
    body: `${html.signin}${html.enrolment}${html.dialogs}`,
    hasLanguageLinks: true,
  }),
  account: inShell(html.shell, {
    title: say('Your account'),
    width: 'medium',
    style: 'signin/plain.css',
    script: 'signin/account.js',
    head: links.join('\n    '),
    link: '<!-- if demo --><a href="signin">Access token</a><!-- end -->',
    body: `${html.account}${html.dialogs}`,
    hasLanguageLinks: true,
  }).replace('{{languageOptions}}', languageOptions),
})
