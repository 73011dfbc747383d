import { expect, test } from 'vitest'
import { APP_URL, documentWith } from '../../../test/oauth/document-host.ts'
import { KNOWN_DOCUMENTS } from '../../../test/oauth/known-documents.ts'
import { matchesRedirectUri } from '../clients/redirect-uri.ts'
import { isClientUrl, urlClientOf } from '../clients/url-client.ts'
import { readDocument } from './document.ts'

const read = (document: unknown, url = APP_URL) =>
  readDocument(url, Buffer.from(typeof document === 'string' ? document : JSON.stringify(document)))

test.each(KNOWN_DOCUMENTS.map((document) => ({ name: document.client_name, document })))(
  'the document of $name is taken, with all of its redirect URIs',
  ({ document }) => {
    const { client_id, client_name, redirect_uris } = document
    expect(isClientUrl(client_id)).toBe(true)
    const found = read(document, client_id)
    expect(found).toEqual({ name: client_name, redirectUris: redirect_uris })
    const client = { ...urlClientOf(client_id, []), ...found }
    for (const uri of redirect_uris) expect(matchesRedirectUri(client, uri)).toBe(true)
    // The system gives the app a port.
    const withPort = redirect_uris
      .filter((uri) => uri.startsWith('http:'))
      .map((uri) => uri.replace(/:\d+\/|(?<=\d|t)\//, ':51004/'))
    for (const uri of withPort) expect(matchesRedirectUri(client, uri)).toBe(true)
  },
)

const NAME = 'Its client_name is not 1 to 60 visible characters in one line, without double quotes.'
const URIS = 'Its redirect_uris are not a list of at most 20 URIs.'
const NO_URI = 'It has no redirect URI that is https, a loopback address or a private-use scheme with a dot.'
const METHOD = 'Its token_endpoint_auth_method is not none.'
const OTHER = 'Its client_id is not its own URL.'

test.each<[what: string, document: unknown, fault: string]>([
  ['no JSON', '{', 'It is no JSON object in UTF-8.'],
  ['a list', [documentWith()], 'It is no JSON object in UTF-8.'],
  ['a text', '"text"', 'It is no JSON object in UTF-8.'],
  ['null', 'null', 'It is no JSON object in UTF-8.'],
  ['a byte order mark', `\uFEFF${JSON.stringify(documentWith())}`, 'It is no JSON object in UTF-8.'],
  ['no client_id', documentWith({ client_id: undefined }), OTHER],
  ['another client_id', documentWith({ client_id: 'https://app.test/other.json' }), OTHER],
  [
    'a client_id in another spelling',
    documentWith({ client_id: 'https://APP.test/oauth/client.json' }),
    OTHER,
  ],
  ['a list as client_id', documentWith({ client_id: [APP_URL] }), OTHER],
  ['no name', documentWith({ client_name: undefined }), NAME],
  ['an empty name', documentWith({ client_name: '' }), NAME],
  ['a name of a space', documentWith({ client_name: ' ' }), NAME],
  ['a long name', documentWith({ client_name: 'a'.repeat(61) }), NAME],
  ['a name of two lines', documentWith({ client_name: 'a\nb' }), NAME],
  ['a name that changes the direction', documentWith({ client_name: 'a\u202Eb' }), NAME],
  ['a name with an invisible character', documentWith({ client_name: 'a\u200Bb' }), NAME],
  ['a number as name', documentWith({ client_name: 1 }), NAME],
  ['no redirect URIs', documentWith({ redirect_uris: undefined }), URIS],
  ['a text as redirect URIs', documentWith({ redirect_uris: 'https://app.test/' }), URIS],
  ['a number among them', documentWith({ redirect_uris: ['https://app.test/', 1] }), URIS],
  [
    '21 redirect URIs',
    documentWith({ redirect_uris: Array.from({ length: 21 }, (_, at) => `https://app.test/${at}`) }),
    URIS,
  ],
  ['an empty list of them', documentWith({ redirect_uris: [] }), NO_URI],
  [
    'a scheme without a dot',
    documentWith({ redirect_uris: ['ms-settings://anysphere.cursor-mcp/oauth/callback'] }),
    NO_URI,
  ],
  ['a script', documentWith({ redirect_uris: ['javascript:alert(1)'] }), NO_URI],
  ['http', documentWith({ redirect_uris: ['http://app.test/callback'] }), NO_URI],
  ['a wildcard', documentWith({ redirect_uris: ['https://*.app.test/callback'] }), NO_URI],
  ['a secret', documentWith({ client_secret: 'a' }), 'It must not have a client_secret.'],
  ['no method', documentWith({ token_endpoint_auth_method: undefined }), METHOD],
  ['a method with a secret', documentWith({ token_endpoint_auth_method: 'client_secret_basic' }), METHOD],
  ['a method with a key', documentWith({ token_endpoint_auth_method: 'private_key_jwt' }), METHOD],
  [
    'methods without none',
    documentWith({ token_endpoint_auth_methods_supported: ['private_key_jwt'] }),
    METHOD,
  ],
  ['a text as methods', documentWith({ token_endpoint_auth_methods_supported: 'none' }), METHOD],
  [
    'other grant types',
    documentWith({ grant_types: ['client_credentials'] }),
    'Its grant_types do not have authorization_code.',
  ],
  [
    'other response types',
    documentWith({ response_types: ['token'] }),
    'Its response_types do not have code.',
  ],
])('a document with %s cannot be used', (_what, document, fault) => {
  expect(read(document)).toEqual({ fault })
})

test('a document that is no UTF-8 cannot be used', () => {
  const body = Buffer.from(JSON.stringify(documentWith({ client_name: 'ä' })), 'latin1')
  expect(readDocument(APP_URL, body)).toEqual({ fault: 'It is no JSON object in UTF-8.' })
})

test('redirect URIs that break a rule are left out', () => {
  const redirect_uris = [
    'shop://callback',
    'cursor://anysphere.cursor-mcp/oauth/callback',
    'http://localhost:8787/callback',
    'com.example.app:/a',
  ]
  expect(read(documentWith({ redirect_uris }))).toMatchObject({ redirectUris: redirect_uris.slice(1) })
})

test('a document may have 20 redirect URIs', () => {
  const redirect_uris = Array.from({ length: 20 }, (_, at) => `https://app.test/${at}`)
  expect(read(documentWith({ redirect_uris }))).toMatchObject({ redirectUris: redirect_uris })
})

test('a document without grant_types and response_types has the defaults of RFC 7591', () => {
  expect(read(documentWith({ grant_types: undefined, response_types: undefined }))).toHaveProperty('name')
})
