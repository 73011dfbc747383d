import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { ProviderWithSecret } from '../../lib/federation/provider.ts'
import { atEnd } from '../support/at-end.ts'
import { testProvider } from './provider.ts'

export const CLIENT_ID = 'a-client'
export const CLIENT_SECRET = 'a secret/of:the+client'

/** A request that the far end has received. */
export interface Received {
  method: string
  path: string
  query: URLSearchParams
  headers: IncomingMessage['headers']
  body: string
}

/** Answers a request. Without one for its path, the far end is a correct provider. */
type Responder = (response: ServerResponse, received: Received) => unknown

const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')

/** Returns a JWS. A key for `RS256` by default; an HMAC and no signature are for attacks. */
export function jws(header: object, claims: object, signature: (signed: Buffer) => Buffer): string {
  const signed = `${encode(header)}.${encode(claims)}`
  return `${signed}.${signature(Buffer.from(signed)).toString('base64url')}`
}

export const rsa = (key: KeyObject) => (signed: Buffer) => sign('sha256', signed, key)

export const sendJson = (response: ServerResponse, body: unknown, status = 200) =>
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body))

/** Starts an OpenID Provider on this machine, until the end of the file. Its faults are those that a test gives it. */
export async function startFarEnd() {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const key = { ...publicKey.export({ format: 'jwk' }), kid: 'first', use: 'sig', alg: 'RS256' }
  const received: Received[] = []
  const responders: Record<string, Responder> = {}
  const server = createServer(async (request, response) => {
    const { pathname: path, searchParams: query } = new URL(String(request.url), 'http://far-end')
    const { method = '', headers } = request
    const one = { method, path, query, headers, body: await text(request) }
    received.push(one)
    const correct: Record<string, Responder> = {
      '/token': () => sendJson(response, tokens()),
      '/jwks': () => sendJson(response, { keys: [key] }),
    }
    const respond = responders[path] ?? correct[path]
    if (respond) await respond(response, one)
    else sendJson(response, {}, 404)
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  atEnd(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  /** Members of the next id_token. */
  const claims: Record<string, unknown> = {}

  const correctClaims = () => ({
    iss: url,
    aud: CLIENT_ID,
    sub: 'a-subject',
    iat: Math.floor(Date.now() / 1000),
    exp: Math.floor(Date.now() / 1000) + 300,
    ...claims,
  })
  const idToken = (changes: object = {}, header: object = {}, signer = rsa(privateKey)) =>
    jws({ alg: 'RS256', kid: 'first', ...header }, { ...correctClaims(), ...changes }, signer)
  const tokens = (id_token = idToken()) => ({
    access_token: 'an-access-token',
    token_type: 'Bearer',
    expires_in: 60,
    id_token,
  })

  return {
    url,
    key,
    privateKey,
    received,
    claims,
    idToken,
    tokens,
    /** Gives the next requests of a path another response, until {@link reset}. */
    respond(path: string, responder: Responder): void {
      responders[path] = responder
    },
    reset(): void {
      for (const one of [responders, claims]) for (const name of Object.keys(one)) delete one[name]
      received.length = 0
    },
    /** Returns this provider as an operator has added it. */
    provider: (changes: Partial<ProviderWithSecret> = {}): ProviderWithSecret =>
      testProvider(url, { clientId: CLIENT_ID, sendsIssuer: false, ...changes }),
  }
}
