import type { HeaderName } from './headers.ts'
import { formOf } from './json-schema.ts'
import type { Feature, Route } from './route.ts'
import { inPath } from './routes/examples.ts'

const pageHeaders = (cache: HeaderName): Record<string, HeaderName> => ({
  'Cache-Control': cache,
  'Content-Security-Policy': 'ContentSecurityPolicy',
  'Cross-Origin-Opener-Policy': 'OpenerPolicy',
  'Referrer-Policy': 'NoReferrer',
})
const text = { schema: { type: 'string' } }

/** Returns the row of a page. */
export const pageRoute = (
  name: string,
  operationId: string,
  summary: string,
  needs: Feature[] = [],
): Route => ({
  method: 'get',
  path: `/${name}`,
  operationId,
  needs: ['pages', ...needs],
  tag: 'Pages',
  summary,
  response: {
    description: 'The page.',
    headers: pageHeaders('NoCache'),
    content: { 'text/html': text },
  },
  // For its path with a trailing slash.
  problems: ['not_found'],
})

/** Returns the row of the files of a page. */
export const fileRoute = (
  folder: string,
  operationId: string,
  summary: string,
  needs: Feature[] = [],
): Route => ({
  method: 'get',
  path: `/${folder}/{file}`,
  operationId,
  needs: ['pages', ...needs],
  tag: 'Pages',
  summary,
  parameters: [inPath('file', 'The name of the file, which contains a hash of its content.')],
  response: {
    description: 'The file.',
    headers: pageHeaders('Immutable'),
    content: { 'text/css': text, 'text/javascript': text },
  },
  problems: ['not_found'],
})

const moduleRoute = (name: string, operationId: string, summary: string, purpose: string): Route => ({
  method: 'get',
  path: `/${name}.js`,
  operationId,
  needs: 'pages',
  tag: 'Pages',
  summary,
  description: `A JavaScript module, which pages of all origins may import. ${purpose}`,
  response: {
    description: 'The module.',
    headers: pageHeaders('MaxAge'),
    content: { 'text/javascript': text },
  },
  problems: ['not_found'],
})

const fileOfSignin = fileRoute('signin', 'getSigninPageFile', 'Get a file of the pages /signin and /account')

/** With the id of an identity provider, it is a page. */
const signinFile: Route = {
  ...fileOfSignin,
  description: 'With the id of an identity provider as `file`: the page that the provider leads to.',
  response: {
    description: 'The file or the page.',
    headers: pageHeaders('ImmutableFile'),
    content: { ...fileOfSignin.response.content, 'text/html': text },
  },
}

/** Returns the rows of one function. */
export const rowsOf = (functionKey: string, rows: readonly Route[]): Route[] =>
  rows.map((row) => ({ ...row, function: functionKey }))

/** Path of the pages for apps at the gateway. */
const OAUTH_PAGE = '/oauth2/{page}'

/** The routes of the pages, which can be switched off. */
export const PAGE_ROUTES: Route[] = [
  ...rowsOf('docs', [
    pageRoute('docs', 'getDocsPage', 'Get the API documentation page'),
    fileRoute('docs', 'getDocsPageFile', 'Get a file of the page /docs'),
  ]),
  ...rowsOf('signin', [
    pageRoute('signin', 'getSigninPage', 'Get the sign-in page'),
    signinFile,
    {
      ...signinFile,
      method: 'post',
      operationId: 'openSigninPage',
      needs: ['pages', 'federation'],
      summary: 'Get the page that an identity provider leads to, by a form',
      description: 'Apple sends its response as a form. `file` is the id of the provider.',
      form: {
        schema: formOf(['code', 'state', 'iss', 'error', 'user']),
        example: { code: 'c0ffee', state: 's6a0f0c2e' },
      },
      response: {
        description: 'The page.',
        headers: { ...pageHeaders('NoCache'), 'Cache-Control': 'NoStore' },
        content: { 'text/html': text },
      },
    },
    moduleRoute('client', 'getClient', 'Get the client for browsers', 'It keeps a browser signed in.'),
    moduleRoute(
      'passkeys',
      'getPasskeysClient',
      'Get the passkey calls for browsers',
      'It needs `/client.js`.',
    ),
    pageRoute('account', 'getAccountPage', 'Get the account page'),
    {
      method: 'get',
      path: '/.well-known/change-password',
      operationId: 'getChangePasswordPage',
      needs: 'pages',
      tag: 'Pages',
      summary: 'Find the page where users change their password',
      description: 'For password managers (W3C: A Well-Known URL for Changing Passwords).',
      response: { status: 302, description: 'The page is at `/account`.', headers: { Location: 'Location' } },
    },
  ]),
  ...rowsOf('authorize', [
    {
      ...pageRoute(
        'oauth2/authorize',
        'getAuthorizationPage',
        'Get the page that signs a user in to another app',
        ['oauth'],
      ),
      gatewayPath: OAUTH_PAGE,
      description:
        'The authorization endpoint of OAuth 2.1 and OpenID Connect, for browsers. The page sends its query to `POST /oauth2/approve`. `ui_locales` has the languages that the app wants, the most wanted first. Languages that the service does not have are ignored.',
    },
    {
      method: 'post',
      path: '/oauth2/authorize',
      gatewayPath: OAUTH_PAGE,
      operationId: 'openAuthorizationPage',
      needs: ['pages', 'oauth'],
      tag: 'Pages',
      summary: 'Sign a user in to another app, by a form',
      description:
        'Takes the parameters of a request as a form (OpenID Connect Core section 3.1.2.1). Without a form, or with one over 4 KiB, it leads to the page without parameters, which says what is wrong.',
      form: {
        schema: formOf(
          [
            'response_type',
            'client_id',
            'redirect_uri',
            'scope',
            'state',
            'nonce',
            'code_challenge',
            'code_challenge_method',
            'ui_locales',
          ],
          ['response_type', 'client_id'],
        ),
        example: {
          response_type: 'code',
          client_id: 'shop',
          redirect_uri: 'https://shop.example/callback',
          scope: 'openid',
          code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
          code_challenge_method: 'S256',
        },
      },
      response: {
        status: 303,
        description: 'The page is at `GET /oauth2/authorize`.',
        headers: { Location: 'Location' },
      },
    },
    {
      ...pageRoute('oauth2/logout', 'getLogoutPage', 'Get the page of a sign-out that an app asks for', [
        'oauth',
      ]),
      gatewayPath: OAUTH_PAGE,
    },
    {
      ...pageRoute('oauth2/logout', 'openLogoutPage', 'Get the page of a sign-out, by a form', ['oauth']),
      method: 'post',
      gatewayPath: OAUTH_PAGE,
      description:
        'Takes the parameters as a form (OpenID Connect RP-Initiated Logout 1.0 section 2), so that no URL has an id_token.',
      form: {
        schema: formOf(['id_token_hint', 'client_id', 'post_logout_redirect_uri', 'state']),
        example: { client_id: 'shop', post_logout_redirect_uri: 'https://shop.example/' },
      },
      response: {
        description: 'The page.',
        headers: { ...pageHeaders('NoCache'), 'Cache-Control': 'NoStore' },
        content: { 'text/html': text },
      },
    },
    {
      ...fileRoute('oauth2/authorize', 'getAuthorizationPageFile', 'Get a file of the pages of apps', [
        'oauth',
      ]),
      gatewayPath: `${OAUTH_PAGE}/{file}`,
    },
  ]),
  ...rowsOf('account-pages', [
    pageRoute('register', 'getRegistrationPage', 'Get the page to create an account', ['registration']),
    pageRoute('forgot', 'getForgottenPasswordPage', 'Get the page to ask for a new password', ['mail']),
    pageRoute('confirm', 'getConfirmationPage', 'Get the page that links in mails open', ['mail']),
    fileRoute(
      'confirm',
      'getConfirmationPageFile',
      'Get a file of the pages /register, /forgot and /confirm',
      ['mail'],
    ),
  ]),
]
