import client from '../../../client/client.min.js' with { type: 'text' }
import passkeys from '../../../client/passkeys.min.js' with { type: 'text' }
import { say } from '../../../lib/application/texts.ts'
import { THEME_STYLE } from '../../../lib/application/theme.ts'
import { isProviderId } from '../../../lib/federation/provider.ts'
import { inShell, type Site } from '../../../lib/http/page.ts'
import account from '../account/page.html' with { type: 'text' }
import accountScript from '../account/page.js' with { type: 'text' }
import dialogs from '../factors/dialogs.html' with { type: 'text' }
import enrolment from '../factors/enrolment.html' with { type: 'text' }
import qr from '../factors/qr.js' with { type: 'text' }
import federation from '../federation/federation.js' with { type: 'text' }
import response from '../federation/response.html' with { type: 'text' }
import responseScript from '../federation/response.js' with { type: 'text' }
import shell from '../shell.html' with { type: 'text' }
import demoStyle from './demo.css' with { type: 'text' }
import demo from './demo.js' with { type: 'text' }
import style from './page.css' with { type: 'text' }
import signin from './page.html' with { type: 'text' }
import script from './page.js' with { type: 'text' }

/** For pages that serve sign-ins by other providers. They load the script at the same time as their own. */
const FEDERATION =
  '<!-- if federation --><meta name="federation" content="on"><link rel="modulepreload" href="signin/federation.js"><!-- end -->'

const accountPage = inShell(shell, {
  title: say('Your account'),
  width: 'medium',
  style: 'signin/plain.css',
  script: 'signin/account.js',
  head: FEDERATION,
  link: '<!-- if demo --><a href="signin">Access token</a><!-- end -->',
  body: `${account}${dialogs}`,
})

/** The page that a provider leads to. */
const below = {
  isName: isProviderId,
  part: 'federation',
  html: inShell(shell, {
    title: say('Sign in'),
    width: 'narrow',
    style: './plain.css',
    script: './response.js',
    link: '',
    body: response,
  }),
} satisfies Site['below']

/** The sign-in page, the account page and their files, and the client for browsers. */
export const site = {
  folder: 'signin',
  pages: {
    signin: inShell(shell, {
      title: say('Sign in'),
      width: 'narrow',
      style: 'signin/{{face}}.css',
      script: 'signin/{{face}}.js',
      head: `<meta name="allowed-origins" content="{{allowedOrigins}}">
    <!-- if plain --><meta name="default-next" content="account"><!-- end -->
    ${FEDERATION}`,
      link: '<!-- if demo --><a href="docs">API</a><!-- end -->',
      body: `${signin}${enrolment}${dialogs}`,
    }),
    account: accountPage,
  },
  files: {
    'plain.css': style + THEME_STYLE,
    'demo.css': style + demoStyle + THEME_STYLE,
    'qr.js': qr,
    'federation.js': federation,
    'response.js': responseScript,
    'plain.js': script,
    'demo.js': demo,
    'account.js': accountScript,
  },
  below,
  modules: { 'client.js': client, 'passkeys.js': passkeys },
  redirects: { 'change-password': '../account#change-password' },
} satisfies Partial<Site>
