import type { Api } from '../apis/api.ts'
import type { Client } from '../clients/client.ts'
import { isRepeated, type Parameters, parameterOf } from '../parameters.ts'
import type { AuthorizationError } from './error.ts'
import { type AskedScopes, askedScopesOf } from './scope.ts'

/** Values of `prompt` (OpenID Connect Core section 3.1.2.1). */
const PROMPTS = ['none', 'login', 'consent', 'select_account'] as const

export type Prompt = (typeof PROMPTS)[number]

/** An authorization request whose parameters are valid. */
export interface AuthorizationRequest extends AskedScopes {
  /** `code_challenge` by S256 (RFC 7636 section 4.2). */
  challenge: string
  nonce?: string | undefined
  prompts: readonly Prompt[]
  maxAgeSeconds?: number | undefined
  loginHint?: string | undefined
  /** A JWT, not yet verified. */
  unverifiedHint?: string | undefined
  /** Values of `acr_values`, the preferred one first. */
  acrValues: readonly string[]
}

/** A claim of an id_token repeats the nonce in JSON; see `plugins/config/longest-tokens.ts`. */
export const MAX_NONCE_BYTES = 512

const MAX_HINT_CHARACTERS = 256

/** SHA-256 in base64url, in the one spelling that it has. */
const S256_CHALLENGE = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/

type Value = (name: string) => string | undefined

type Rule = readonly [error: string, description: string, isBroken: (value: Value) => boolean]

const has = (name: string) => (value: Value) => value(name) !== undefined

const isTooLong = (text: string | undefined) => text !== undefined && text.length > MAX_HINT_CHARACTERS

/** Rules of single parameters. The first broken one decides. */
const rules = (): readonly Rule[] => [
  ['request_not_supported', 'The parameter request is not supported.', has('request')],
  ['request_uri_not_supported', 'The parameter request_uri is not supported.', has('request_uri')],
  ['registration_not_supported', 'The parameter registration is not supported.', has('registration')],
  ['invalid_request', 'The parameter response_type is missing.', (value) => !has('response_type')(value)],
  ['unsupported_response_type', 'response_type must be code.', (value) => value('response_type') !== 'code'],
  [
    'invalid_request',
    'response_mode must be query.',
    (value) => (value('response_mode') ?? 'query') !== 'query',
  ],
  [
    'invalid_request',
    'PKCE is missing: send code_challenge and code_challenge_method=S256 (RFC 7636).',
    (value) => !has('code_challenge')(value),
  ],
  // Without the method it would be `plain`. Then anybody who sees the request has the verifier.
  [
    'invalid_request',
    'code_challenge_method must be S256.',
    (value) => value('code_challenge_method') !== 'S256',
  ],
  [
    'invalid_request',
    'code_challenge must be a SHA-256 in base64url: 43 characters.',
    (value) => !S256_CHALLENGE.test(value('code_challenge') ?? ''),
  ],
]

/** Rules of the parameters that decide how the user signs in. They come after those of `resource` and `scope`. */
const signInRules = (): readonly Rule[] => [
  [
    'invalid_request',
    'prompt must be none, or of login, consent and select_account.',
    (value) => !promptsOf(value).every((one) => PROMPTS.includes(one)),
  ],
  [
    'invalid_request',
    'prompt must not have none with another value.',
    (value) => promptsOf(value).includes('none') && promptsOf(value).length > 1,
  ],
  [
    'invalid_request',
    'max_age must be whole seconds.',
    (value) => !/^\d{1,9}$/.test(value('max_age') ?? '0'),
  ],
  [
    'invalid_request',
    `nonce must be at most ${MAX_NONCE_BYTES} printable ASCII characters. Quotation marks and backslashes count twice.`,
    (value) =>
      !/^[ -~]*$/.test(value('nonce') ?? '') ||
      JSON.stringify(value('nonce') ?? '').length - 2 > MAX_NONCE_BYTES,
  ],
  [
    'invalid_request',
    `login_hint must have at most ${MAX_HINT_CHARACTERS} characters.`,
    (value) => isTooLong(value('login_hint')),
  ],
  [
    'invalid_request',
    `acr_values must have at most ${MAX_HINT_CHARACTERS} characters.`,
    (value) => isTooLong(value('acr_values')),
  ],
]

const wordsOf = (text = ''): string[] => [...new Set(text.split(' ').filter((word) => word !== ''))]

const promptsOf = (value: Value): Prompt[] => wordsOf(value('prompt')) as Prompt[]

const REPEATED: AuthorizationError = {
  error: 'invalid_request',
  description: 'Each parameter may stand once.',
}

const brokenIn = (all: readonly Rule[], value: Value): AuthorizationError | undefined => {
  const broken = all.find(([, , isBroken]) => isBroken(value))
  return broken && { error: broken[0], description: broken[1] }
}

/**
 * Validates the parameters of an authorization request (RFC 6749 section 4.1.1, OpenID Connect Core section
 * 3.1.2.1, RFC 7636, RFC 8707). `target.ts` has checked `client_id` and `redirect_uri` before. Unknown
 * parameters are ignored, but may not be repeated.
 *
 * @param apis - Those that the client has scopes of, as far as they exist.
 * @returns The request, or the error that the client gets.
 */
export function checkRequest(
  parameters: Parameters,
  client: Pick<Client, 'type' | 'scopes'>,
  apis: readonly Api[],
): AuthorizationRequest | AuthorizationError {
  const value: Value = (name) => parameterOf(parameters, name)
  // A repeated `resource` has its own error (RFC 8707 section 2).
  const isAmbiguous = [...parameters.keys()].some(
    (name) => name !== 'resource' && isRepeated(parameters, name),
  )
  if (isAmbiguous) return REPEATED
  const broken = brokenIn(rules(), value)
  if (broken) return broken
  const asked = askedScopesOf(parameters, client, apis)
  if ('error' in asked) return asked
  const brokenLater = brokenIn(signInRules(), value)
  if (brokenLater) return brokenLater
  const maxAge = value('max_age')
  return {
    ...asked,
    challenge: value('code_challenge') ?? '',
    nonce: value('nonce'),
    prompts: promptsOf(value),
    maxAgeSeconds: maxAge === undefined ? undefined : Number(maxAge),
    loginHint: value('login_hint'),
    unverifiedHint: value('id_token_hint'),
    acrValues: wordsOf(value('acr_values')),
  }
}
