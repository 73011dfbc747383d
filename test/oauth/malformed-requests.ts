import type { Changes } from './clients.ts'

/** Clients that both services know: one with a secret in the header, one with a secret in the form, and a public one. */
export type ClientId = 'shop' | 'books' | 'phone'

/** A request that breaks a rule, or comes close to that. */
export interface Malformed {
  name: string
  changes: Changes
  /** Whether the browser has no session. */
  isSignedOut?: boolean
}

/** A malformed request for tokens. */
export interface MalformedForm extends Malformed {
  /** The client that sends it, with its own authentication. Default: `shop`. */
  client?: ClientId
  /** The client that got the code or the refresh token. Default: the same. */
  owner?: ClientId
  headers?: Record<string, string>
  /** Whether the code was exchanged, or the refresh token replaced long ago. */
  isUsed?: boolean
  body?: string
}

const long = 'a'.repeat(5_000)

/** The challenge of the verifier. */
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'

const ORDERS = 'https://orders.example'

const basic = (id: string, secret: string) => ({
  Authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
})

/** A JWT of this form, which neither service has signed. */
const FORGED = ['{"alg":"RS256","kid":"x"}', '{"iss":"https://evil.example","sub":"ada"}', 'signature']
  .map((part) => Buffer.from(part).toString('base64url'))
  .join('.')

/** Authorization requests, as changes of a valid one. */
export const AUTHORIZATION_REQUESTS: readonly Malformed[] = [
  { name: 'no client_id', changes: { client_id: undefined } },
  { name: 'an unknown client', changes: { client_id: 'unknown' } },
  { name: 'two client ids', changes: { client_id: ['shop', 'books'] } },
  { name: 'no redirect_uri', changes: { redirect_uri: undefined } },
  { name: 'another redirect_uri', changes: { redirect_uri: 'https://evil.example/callback' } },
  {
    name: 'a redirect_uri with more in its query',
    changes: { redirect_uri: 'https://shop.example/callback?tenant=1&a=b' },
  },
  {
    name: 'a redirect_uri with a fragment',
    changes: { redirect_uri: 'https://shop.example/callback?tenant=1#a' },
  },
  { name: 'a redirect_uri that is no URI', changes: { redirect_uri: 'callback' } },
  {
    name: 'redirect_uri twice',
    changes: { redirect_uri: ['https://shop.example/callback?tenant=1', 'https://evil.example'] },
  },
  { name: 'no response_type', changes: { response_type: undefined } },
  { name: 'response_type token', changes: { response_type: 'token' } },
  { name: 'response_type code id_token', changes: { response_type: 'code id_token' } },
  { name: 'an unknown response_type', changes: { response_type: 'CODE' } },
  { name: 'response_type twice', changes: { response_type: ['code', 'code'] } },
  { name: 'response_mode fragment', changes: { response_mode: 'fragment' } },
  { name: 'response_mode form_post', changes: { response_mode: 'form_post' } },
  { name: 'an unknown response_mode', changes: { response_mode: 'letter' } },
  { name: 'no code_challenge', changes: { code_challenge: undefined } },
  {
    name: 'neither code_challenge nor its method',
    changes: { code_challenge: undefined, code_challenge_method: undefined },
  },
  { name: 'a code_challenge that is too short', changes: { code_challenge: CHALLENGE.slice(1) } },
  { name: 'a code_challenge that is too long', changes: { code_challenge: `${CHALLENGE}A`.repeat(4) } },
  {
    name: 'a code_challenge with other characters',
    changes: { code_challenge: CHALLENGE.replace('-', '+') },
  },
  { name: 'a code_challenge that is no SHA-256', changes: { code_challenge: CHALLENGE.replace(/.$/, 'N') } },
  { name: 'no code_challenge_method', changes: { code_challenge_method: undefined } },
  { name: 'code_challenge_method plain', changes: { code_challenge_method: 'plain' } },
  { name: 'an unknown code_challenge_method', changes: { code_challenge_method: 's256' } },
  { name: 'code_challenge twice', changes: { code_challenge: [CHALLENGE, CHALLENGE] } },
  { name: 'no scope', changes: { scope: undefined, nonce: undefined } },
  { name: 'an unknown scope alone', changes: { scope: 'unknown', nonce: undefined } },
  { name: 'an unknown scope among others', changes: { scope: 'openid unknown' } },
  { name: 'a scope with a tab', changes: { scope: 'openid\tprofile' } },
  { name: 'scope twice', changes: { scope: ['openid', 'profile'] } },
  { name: 'prompt none and login', changes: { prompt: 'none login' } },
  { name: 'prompt none and consent', changes: { prompt: 'none consent' } },
  { name: 'an unknown prompt', changes: { prompt: 'create' } },
  { name: 'prompt none without a session', changes: { prompt: 'none' }, isSignedOut: true },
  { name: 'prompt none with max_age 0', changes: { prompt: 'none', max_age: '0' } },
  { name: 'a negative max_age', changes: { max_age: '-1' } },
  { name: 'a max_age that is no number', changes: { max_age: 'soon' } },
  { name: 'a max_age with a fraction', changes: { max_age: '1.5' } },
  { name: 'a request object', changes: { request: FORGED } },
  { name: 'a request_uri', changes: { request_uri: 'https://evil.example/request' } },
  { name: 'registration', changes: { registration: '{}' } },
  { name: 'claims that are no JSON', changes: { claims: '{' } },
  { name: 'claims of a wrong kind', changes: { claims: '[]' } },
  {
    name: 'claims with an unknown member',
    changes: { claims: '{"id_token":{"unknown":{"essential":true}}}' },
  },
  { name: 'an id_token_hint that is no JWT', changes: { id_token_hint: 'hint' } },
  { name: 'an id_token_hint of another issuer', changes: { id_token_hint: FORGED } },
  { name: 'prompt none with a hint of another issuer', changes: { prompt: 'none', id_token_hint: FORGED } },
  { name: 'an unknown resource', changes: { resource: 'https://unknown.example' } },
  { name: 'a resource that is no URI', changes: { resource: 'orders' } },
  { name: 'a resource with a fragment', changes: { resource: `${ORDERS}#a` } },
  { name: 'a resource twice', changes: { resource: [ORDERS, ORDERS] } },
  { name: 'a resource without a scope of it', changes: { resource: ORDERS, scope: 'openid' } },
  { name: 'state twice', changes: { state: ['a', 'b'] } },
  { name: 'nonce twice', changes: { nonce: ['a', 'b'] } },
  { name: 'a nonce of 600 characters', changes: { nonce: 'a'.repeat(600) } },
  { name: 'a nonce of 5,000 characters', changes: { nonce: long } },
  { name: 'a login_hint of 300 characters', changes: { login_hint: 'a'.repeat(300) } },
  { name: 'an unknown display', changes: { display: 'wall' } },
  { name: 'an unknown parameter twice', changes: { unknown: ['a', 'b'] } },
]

/** Requests that exchange a code, as changes of a valid one. */
export const EXCHANGES: readonly MalformedForm[] = [
  { name: 'no grant_type', changes: { grant_type: undefined } },
  { name: 'an unknown grant_type', changes: { grant_type: 'magic' } },
  { name: 'grant_type password', changes: { grant_type: 'password', username: 'ada', password: 'ada' } },
  { name: 'grant_type twice', changes: { grant_type: ['authorization_code', 'authorization_code'] } },
  { name: 'no code', changes: { code: undefined } },
  { name: 'an unknown code', changes: { code: 'A'.repeat(43) } },
  { name: 'a code of another form', changes: { code: '../code' } },
  { name: 'a code of 5,000 characters', changes: { code: long } },
  { name: 'code twice', changes: { code: ['a', 'b'] } },
  { name: 'a code of another client', changes: {}, client: 'books', owner: 'shop' },
  { name: 'a code that was exchanged', changes: {}, isUsed: true },
  { name: 'no code_verifier', changes: { code_verifier: undefined } },
  { name: 'another code_verifier', changes: { code_verifier: 'A'.repeat(43) } },
  { name: 'a code_verifier that is too short', changes: { code_verifier: 'A'.repeat(42) } },
  { name: 'a code_verifier that is too long', changes: { code_verifier: 'A'.repeat(129) } },
  { name: 'the challenge as code_verifier', changes: { code_verifier: CHALLENGE } },
  { name: 'no redirect_uri', changes: { redirect_uri: undefined } },
  { name: 'another redirect_uri', changes: { redirect_uri: 'https://evil.example/callback' } },
  { name: 'an unknown resource', changes: { resource: 'https://unknown.example' } },
  { name: 'an unknown parameter', changes: { unknown: 'a' } },
  { name: 'an unknown parameter twice', changes: { unknown: ['a', 'b'] } },
  { name: 'a wrong secret in the header', changes: {}, headers: basic('shop', 'wrong') },
  { name: 'a wrong secret in the form', changes: { client_secret: 'wrong' }, client: 'books' },
  { name: 'no authentication', changes: { client_id: undefined }, client: 'phone' },
  { name: 'no secret', changes: { client_secret: undefined }, client: 'books' },
  {
    name: 'the secret in header and form',
    changes: { client_id: 'shop', client_secret: 'a-secret-of-the-shop' },
  },
  { name: 'another client_id than in the header', changes: { client_id: 'books' } },
  { name: 'an unknown client', changes: {}, headers: basic('unknown', 'secret') },
  { name: 'a header that is not base64', changes: {}, headers: { Authorization: 'Basic shop:secret' } },
  { name: 'a header without a colon', changes: {}, headers: { Authorization: 'Basic c2hvcA==' } },
  { name: 'a bearer token', changes: {}, headers: { Authorization: 'Bearer a.b.c' } },
  { name: 'a public client with a secret', changes: { client_secret: 'secret' }, client: 'phone' },
  { name: 'client_id twice', changes: { client_id: ['phone', 'phone'] }, client: 'phone' },
  {
    name: 'JSON',
    changes: {},
    headers: { 'Content-Type': 'application/json' },
    body: '{"grant_type":"authorization_code"}',
  },
]

/** Requests that refresh a grant, as changes of a valid one. */
export const REFRESHES: readonly MalformedForm[] = [
  { name: 'no refresh_token', changes: { refresh_token: undefined } },
  { name: 'an unknown refresh_token', changes: { refresh_token: 'A'.repeat(43) } },
  { name: 'refresh_token twice', changes: { refresh_token: ['a', 'b'] } },
  { name: 'a refresh_token of another client', changes: {}, client: 'books', owner: 'shop' },
  { name: 'a refresh_token that was replaced', changes: {}, client: 'phone', isUsed: true },
  { name: 'more scopes', changes: { scope: 'openid email' } },
  { name: 'an unknown scope', changes: { scope: 'unknown' } },
  { name: 'an unknown resource', changes: { resource: 'https://unknown.example' } },
  { name: 'no authentication', changes: { client_id: undefined }, client: 'phone' },
]
