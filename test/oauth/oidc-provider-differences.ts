/** A request that oidc-provider and this service treat differently. */
interface Difference {
  theirs: string
  ours: string
  /** Why this service does otherwise. */
  reason: string
}

const QUERY_ALONE =
  'Only response_mode=query is supported, so every error is in the query, where the app looks for it.'
const TWICE = 'RFC 6749 section 3.1 and 3.2: no parameter may stand twice, also an unknown one.'
const VERIFIER =
  'RFC 7636 section 4.6: a verifier that is not the one of the challenge is invalid_grant. Its form does not matter.'
const CLIENT =
  'RFC 6749 section 5.2: without authentication, or with one that is not supported, the error is invalid_client with 401.'
const SCOPES =
  'Libraries name the scopes of the sign-in at each refresh, also those that were not granted. RFC 6749 section 3.3 allows to leave them out.'
const KMS =
  'The id_token repeats the nonce, and KMS signs at most 4,096 bytes, so a nonce has at most 512 characters.'

const HINT =
  'Clients keep id_tokens for longer than keys are published, so a hint by an unknown key counts as none.'

/** All differences to oidc-provider 9.13, by kind and name of the request. */
export const DIFFERENCES: Record<string, Difference> = {
  'authorization: response_type token': {
    theirs: 'redirect with unsupported_response_type in the fragment',
    ours: 'redirect with unsupported_response_type',
    reason: QUERY_ALONE,
  },
  'authorization: response_type code id_token': {
    theirs: 'redirect with invalid_request in the fragment',
    ours: 'redirect with unsupported_response_type',
    reason: `${QUERY_ALONE} RFC 6749 section 4.1.2.1 has an error for a response_type that the server does not support.`,
  },
  'authorization: response_mode fragment': {
    theirs: 'code in the fragment',
    ours: 'redirect with invalid_request',
    reason: QUERY_ALONE,
  },
  'authorization: response_mode form_post': {
    theirs: 'page 200',
    ours: 'redirect with invalid_request',
    reason: QUERY_ALONE,
  },
  'authorization: an unknown response_mode': {
    theirs: 'redirect with unsupported_response_mode',
    ours: 'redirect with invalid_request',
    reason: 'RFC 6749 section 4.1.2.1: a parameter with an invalid value is invalid_request.',
  },
  'authorization: a code_challenge that is no SHA-256': {
    theirs: 'code',
    ours: 'redirect with invalid_request',
    reason: 'No verifier has this challenge: its last character has bits that no SHA-256 has.',
  },
  'authorization: no scope': {
    theirs: 'redirect with access_denied',
    ours: 'redirect with invalid_scope',
    reason: 'RFC 6749 section 3.3: a server without default scopes responds with invalid_scope.',
  },
  'authorization: an unknown scope alone': {
    theirs: 'redirect with access_denied',
    ours: 'redirect with invalid_scope',
    reason: 'RFC 6749 section 4.1.2.1: an unknown scope is invalid_scope. No user has denied anything.',
  },
  'authorization: an id_token_hint of another issuer': {
    theirs: 'redirect with invalid_request',
    ours: 'code',
    reason: HINT,
  },
  'authorization: prompt none with a hint of another issuer': {
    theirs: 'redirect with invalid_request',
    ours: 'redirect with login_required',
    reason: `${HINT} Without a page, the client cannot be sure of the user, so it gets login_required.`,
  },
  'authorization: a resource twice': {
    theirs: 'code',
    ours: 'redirect with invalid_target',
    reason: 'A grant is for one API. A client that asks for two must notice that.',
  },
  'authorization: a nonce of 600 characters': {
    theirs: 'code',
    ours: 'redirect with invalid_request',
    reason: KMS,
  },
  'authorization: a nonce of 5,000 characters': {
    theirs: 'code',
    ours: 'page 400',
    reason: 'A query has at most 4 KiB, because the gateway takes 8,192 characters for a URL.',
  },
  'authorization: a login_hint of 300 characters': {
    theirs: 'code',
    ours: 'redirect with invalid_request',
    reason: 'No login name has more than 256 characters.',
  },
  'authorization: an unknown parameter twice': {
    theirs: 'code',
    ours: 'redirect with invalid_request',
    reason: TWICE,
  },
  'exchange: a code of 5,000 characters': {
    theirs: '400 invalid_grant',
    ours: '400 invalid_request',
    reason: 'A form has at most 4 KiB.',
  },
  'exchange: a code_verifier that is too short': {
    theirs: '400 invalid_request',
    ours: '400 invalid_grant',
    reason: VERIFIER,
  },
  'exchange: a code_verifier that is too long': {
    theirs: '400 invalid_request',
    ours: '400 invalid_grant',
    reason: VERIFIER,
  },
  'exchange: no redirect_uri': {
    theirs: '400 invalid_request',
    ours: 'tokens',
    reason: 'Clients of OAuth 2.1 send none (section 4.1.3). PKCE protects the code.',
  },
  'exchange: an unknown parameter twice': {
    theirs: 'tokens',
    ours: '400 invalid_request',
    reason: TWICE,
  },
  'exchange: no authentication': {
    theirs: '400 invalid_request',
    ours: '401 invalid_client',
    reason: CLIENT,
  },
  'exchange: a header that is not base64': {
    theirs: '400 invalid_request',
    ours: '401 invalid_client',
    reason: CLIENT,
  },
  'exchange: a header without a colon': {
    theirs: '400 invalid_request',
    ours: '401 invalid_client',
    reason: CLIENT,
  },
  'exchange: a bearer token': {
    theirs: '400 invalid_request',
    ours: '401 invalid_client',
    reason: CLIENT,
  },
  'refresh: more scopes': {
    theirs: '400 invalid_scope',
    ours: 'tokens',
    reason: SCOPES,
  },
  'refresh: no authentication': {
    theirs: '400 invalid_request',
    ours: '401 invalid_client',
    reason: CLIENT,
  },
}
