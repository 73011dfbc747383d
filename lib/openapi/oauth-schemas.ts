import { CLIENT_TYPES } from '../oauth/clients/client.ts'
import { object, text, time } from './json-schema.ts'

const list = { type: 'array', items: { type: 'string' } }

/**
 * Members of the metadata that exist only with OAuth (OpenID Connect Discovery section 3, RFC 8414 section
 * 2).
 */
const PROVIDER: Record<string, object> = {
  authorization_endpoint: { type: 'string' },
  token_endpoint: { type: 'string' },
  token_endpoint_auth_methods_supported: list,
  end_session_endpoint: { type: 'string' },
  revocation_endpoint: { type: 'string' },
  revocation_endpoint_auth_methods_supported: list,
  response_types_supported: list,
  response_modes_supported: list,
  grant_types_supported: list,
  code_challenge_methods_supported: list,
  authorization_response_iss_parameter_supported: { type: 'boolean' },
  subject_types_supported: list,
  scopes_supported: list,
  acr_values_supported: list,
  prompt_values_supported: list,
  claims_supported: list,
  ui_locales_supported: {
    ...list,
    description: 'The languages of the pages, as BCP 47 tags. The first is the default.',
  },
  request_uri_parameter_supported: { type: 'boolean' },
  client_id_metadata_document_supported: { type: 'boolean' },
}

/** Describes texts by language. */
const byLanguage = (description: string) => ({
  type: 'object',
  description: `${description} By BCP 47 tags.`,
  additionalProperties: { type: 'string' },
})

/** Schemas of the metadata, and of the sign-in at other apps. */
export const OAUTH_SCHEMAS = {
  Metadata: object(
    'Metadata of the issuer of access tokens (RFC 8414). With sign-in at other apps, also that of an OpenID Provider.',
    {
      issuer: text('The issuer: the claim `iss` of every access token.'),
      jwks_uri: text('The URL of the public keys.'),
      userinfo_endpoint: text('The URL of `GET /userinfo`.'),
      id_token_signing_alg_values_supported: {
        type: 'array',
        items: { type: 'string', const: 'RS256' },
        description: 'The algorithm of access tokens and id_tokens.',
      },
      ...PROVIDER,
    },
    // The type of these schemas has no names.
    Object.keys(PROVIDER) as never[],
  ),
  ProtectedResource: object('Metadata of the API for clients (RFC 9728).', {
    resource: text('The identifier of the API, for the parameter `resource` of a token request.'),
    authorization_servers: {
      type: 'array',
      items: { type: 'string' },
      description: 'The issuer of its tokens.',
    },
    scopes_supported: { type: 'array', items: { type: 'string' }, description: 'The scopes of its routes.' },
    bearer_methods_supported: { type: 'array', items: { type: 'string', const: 'header' } },
    resource_name: text('The name of the service.'),
  }),
  ClientTokens: object(
    'The tokens of an app or a machine (RFC 6749 section 5.1).',
    {
      access_token: text('The access token, a JSON Web Token (RFC 9068).'),
      token_type: { type: 'string', const: 'Bearer' },
      expires_in: { type: 'integer', description: 'Seconds until the access token expires.' },
      scope: text('The scopes of the access token, with a space between them.'),
      refresh_token: text('Of an app: the refresh token. A public client gets a new one with each refresh.'),
      id_token: text('With the scope `openid`, for a code: who the user is (OpenID Connect Core).'),
    },
    ['refresh_token', 'id_token'],
  ),
  App: object(
    'An app that has access to the caller’s account.',
    {
      id: text(
        'The `client_id` of the app, for `DELETE /apps/{id}`. Of an app that is not registered, `URL_` and a hash of it.',
      ),
      name: text('The name of the app.'),
      names: byLanguage('The name in other languages.'),
      type: { type: 'string', enum: CLIENT_TYPES, description: 'Where the app runs.' },
      places: {
        type: 'array',
        items: text('A host, or the scheme of an app on a device.'),
        description:
          'Where the app signs users in. Of an app that is not registered: the host of its `client_id`.',
      },
      scopes: {
        type: 'array',
        items: object(
          'What the app may do.',
          {
            name: text('The scope.'),
            sentence: text('What users read of the scope of an API.'),
            sentences: byLanguage('The sentence in other languages.'),
            attributes: {
              type: 'boolean',
              description: 'Whether `profile` gives attributes of the application too.',
            },
          },
          ['sentence', 'sentences', 'attributes'],
        ),
        description: 'What the app may do, or may do again without another consent.',
      },
      offline: {
        type: 'boolean',
        description: 'Whether the app keeps access when the session ends in which the user signed in to it.',
      },
      approvedAt: time('When the user first signed in to the app.'),
      lastUsedAt: time(
        'The hour in which the app last got an access token, before the current hour. Missing without present access.',
      ),
    },
    ['names', 'lastUsedAt'],
  ),
  Apps: object('The apps that have access to the caller’s account, by their names.', {
    apps: { type: 'array', items: { $ref: '#/components/schemas/App' } },
  }),
  ClientError: object('An error of OAuth (RFC 6749 section 5.2).', {
    error: text('What went wrong, for programs.'),
    error_description: text('What went wrong, for developers.'),
  }),
  SignOut: object(
    'The next step of the page `/oauth2/logout`.',
    {
      next: {
        type: 'string',
        enum: ['question', 'done'],
        description: 'The page asks the user; or the browser has no session any longer.',
      },
      location: text('With `done`: where to lead the browser, if the app has asked for that.'),
      user: { type: 'object', description: 'With `question`: `sub` and `username` of who is signed in.' },
      client: { type: 'object', description: 'With `question`: the `name` of the app, if it is known.' },
    },
    ['location', 'user', 'client'],
  ),
  Approval: object(
    'The next step of the page `/oauth2/authorize`.',
    {
      next: {
        type: 'string',
        enum: ['refresh', 'sign-in', 'screen', 'client', 'error'],
        description:
          'The page refreshes the session and repeats the request; lets the user sign in; shows the screen of consent; leads to `location`; or shows an error of an app that is not registered and that the user has not allowed, and `location` as a link.',
      },
      location: text(
        'With `client`: where to lead the browser, with a code or an error. With `error`: where the link leads.',
      ),
      error: text('With `error`: what the app would get, for programs.'),
      description: text('With `error`: the same, for developers.'),
      sub: text('With `client` and a code: the id of its user. The page keeps it, and sends it as `last`.'),
      again: {
        type: 'boolean',
        description: 'With `sign-in`: whether a user who is signed in must sign in again.',
      },
      start: {
        type: 'integer',
        description:
          'With `sign-in`: the second from which on a sign-in counts as the one that was asked for. The page keeps the first one, and sends it with each repetition.',
      },
      client: {
        type: 'object',
        description:
          'With `screen`, `sign-in` and `error`: the `name` of the app, and as `names` that in other languages. With `screen` and `error` also `place`, and `device`, if that is a `scheme` or an `address` of the device. An app that is not registered has its `host`, which is its name too. With `screen` also `id`, and as `claimedName` what such an app calls itself.',
      },
      user: { type: 'object', description: 'With `screen`: `sub` and `username` of who is signed in.' },
      scopes: {
        type: 'array',
        items: { type: 'object' },
        description:
          'With `screen`: the `name` of each scope. That of an API has its `sentence`, and as `sentences` that in other languages. `attributes` says that `profile` gives attributes of the application too.',
      },
    },
    ['location', 'error', 'description', 'sub', 'again', 'start', 'client', 'user', 'scopes'],
  ),
}
