import { createPublicKey, type JsonWebKey } from 'node:crypto'
import { awsClient, withTimeout } from '../../lib/aws/client.ts'
import { actTokenInput } from '../../lib/tokens/act-token.ts'
import { encode, forge, hmac, rsaPair, signer, thumbprint } from '../support/http/forge.ts'
import { postLogin, withOtherSignature } from '../support/http/http.ts'

/** A token, and the statuses that a verifier returns for it: at `/`, and at `/admin`. */
export interface TokenCase {
  name: string
  /** Undefined for a request without a token. */
  token: string | undefined
  statuses: [number, number]
}

type Parts = { header: Record<string, unknown>; claims: Record<string, unknown> }

const SIGNING_KEY = 'alias/serverless-jwt-auth-dev-auth-a'
const REGION = 'eu-central-1'
const PATIENCE_MS = 10_000

/**
 * Returns tokens from a running service, and invalid ones of each kind. Where only one claim is wrong, the token is signed
 * by the service's own key.
 *
 * @param kmsUrl - URL of the service's KMS.
 */
export async function tokenCases(serviceUrl: string, kmsUrl: string): Promise<TokenCase[]> {
  const login = await signIn(serviceUrl, 'user')
  const [user, admin] = [login.authToken, (await signIn(serviceUrl, 'admin')).authToken]
  const { header, claims } = partsOf(user)
  const sign = serviceSigner(kmsUrl)
  const [another, forger] = [rsaPair(), rsaPair()]
  const foreign = { ...claims, iss: 'https://accounts.example' }
  const hour = (value: unknown) => Number(value) - 3600
  const [, payload, signature] = user.split('.')
  const { sub: id, username, role, gen: generation, iss: issuer } = claims
  const acting = { userId: 'an operator', generation: 1, sessionId: 'a session' }
  const ofAct = actTokenInput(
    { id, username, role, generation, attributes: {} } as Parameters<typeof actTokenInput>[0],
    acting,
    { issuer: String(issuer), actId: 'an act' },
    new Date(),
  )

  const valid: TokenCase[] = [
    { name: 'user', token: user, statuses: [200, 403] },
    { name: 'admin', token: admin, statuses: [200, 200] },
    { name: 'user, refreshed', token: await refreshed(serviceUrl, login.refreshToken), statuses: [200, 403] },
    // Shows that the signer below makes valid tokens, so that each invalid one has no other fault than its own.
    { name: 'signed by a test', token: await sign({ header, claims }), statuses: [200, 403] },
  ]
  const invalid = {
    none: undefined,
    'no JWT': 'abc',
    expired: await sign({ header, claims: { ...claims, iat: hour(claims.iat), exp: hour(claims.exp) } }),
    'claims changed': [encode(header), encode({ ...claims, role: 'admin' }), signature].join('.'),
    'signature changed': withOtherSignature(user),
    'another key under the same kid': forge(header, claims, signer(forger.privateKey)),
    'foreign issuer': await sign({ header, claims: foreign }),
    'foreign issuer with its own key': forge(
      { ...header, kid: thumbprint(another.publicKey) },
      foreign,
      signer(another.privateKey),
    ),
    'issuer with a slash': await sign({ header, claims: { ...claims, iss: `${claims.iss}/` } }),
    'foreign audience': await sign({ header, claims: { ...claims, aud: 'another-api' } }),
    'of an operator who acts as a user': await sign(partsOf(ofAct(String(header.kid)))),
    'ID token': await sign({
      header: { ...header, typ: 'JWT' },
      claims: { ...claims, client_id: undefined },
    }),
    'alg none': `${encode({ ...header, alg: 'none' })}.${payload}.`,
    'HS256 with the public key': forge(
      { ...header, alg: 'HS256' },
      claims,
      hmac(await publicKeyOf(serviceUrl, header.kid)),
    ),
  }
  const refused = Object.entries(invalid).map(
    ([name, token]): TokenCase => ({ name, token, statuses: [401, 401] }),
  )
  return [...valid, ...refused]
}

/** Returns a valid token of the demo user, of a sign-in with `acr` some seconds ago. */
export async function signedAgo(serviceUrl: string, kmsUrl: string, acr: string, seconds: number) {
  const { header, claims } = partsOf((await signIn(serviceUrl, 'user')).authToken)
  const auth_time = Number(claims.iat) - seconds
  return serviceSigner(kmsUrl)({ header, claims: { ...claims, acr, auth_time } })
}

async function signIn(serviceUrl: string, username: string) {
  const { body } = await postLogin(serviceUrl, JSON.stringify({ username, password: username }))
  return JSON.parse(body) as { authToken: string; refreshToken: string }
}

async function refreshed(serviceUrl: string, refreshToken: string): Promise<string> {
  const headers = { 'Content-Type': 'application/json' }
  const body = JSON.stringify({ refreshToken })
  const response = await fetch(`${serviceUrl}/refresh`, { method: 'POST', headers, body })
  return ((await response.json()) as { authToken: string }).authToken
}

/** Returns the header and the claims of a token, unverified. */
export function partsOf(token: string): Parts {
  const [header, claims] = token.split('.').map((part) => Buffer.from(part, 'base64url').toString())
  return { header: JSON.parse(header ?? ''), claims: JSON.parse(claims ?? '') }
}

/** Returns a function that signs any parts with the signing key of the running service. */
export function serviceSigner(kmsUrl: string) {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  const settings = { region: REGION, credentials, endpoints: { kms: new URL(kmsUrl) } }
  const aws = withTimeout(awsClient(settings), PATIENCE_MS)
  return async ({ header, claims }: Parts): Promise<string> => {
    const input = `${encode(header)}.${encode(claims)}`
    const { Signature } = await aws('kms', 'Sign', {
      KeyId: SIGNING_KEY,
      Message: Buffer.from(input).toString('base64'),
      MessageType: 'RAW',
      SigningAlgorithm: 'RSASSA_PKCS1_V1_5_SHA_256',
    })
    return `${input}.${Buffer.from(String(Signature), 'base64').toString('base64url')}`
  }
}

/** Returns the published keys of a service. */
export async function keysOf(serviceUrl: string): Promise<(JsonWebKey & { kid?: string })[]> {
  const response = await fetch(`${serviceUrl}/.well-known/jwks.json`)
  return ((await response.json()) as { keys: JsonWebKey[] }).keys
}

async function publicKeyOf(serviceUrl: string, kid: unknown): Promise<string> {
  const key = (await keysOf(serviceUrl)).find((key) => key.kid === kid)
  return createPublicKey({ key: key ?? {}, format: 'jwk' }).export({ format: 'pem', type: 'spki' }) as string
}
