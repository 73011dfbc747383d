import { createHash, createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'

// Tokens are forged with node:crypto only. The library under test must not make the tokens that it verifies.

export type Signer = (input: Buffer) => Buffer

export const rsaPair = () => generateKeyPairSync('rsa', { modulusLength: 2048 })

/** Signs with an RSA (PKCS #1 v1.5) or elliptic-curve key. */
export const signer =
  (privateKey: KeyObject, hash = 'sha256'): Signer =>
  (input) =>
    sign(hash, input, { key: privateKey, dsaEncoding: 'ieee-p1363' })

export const hmac =
  (secret: string | Buffer, hash = 'sha256'): Signer =>
  (input) =>
    createHmac(hash, secret).update(input).digest()

/** Returns a compact JWS of any parts. Text and bytes are used as they are, other values as JSON. */
export function forge(header: unknown, payload: unknown, signature: Signer): string {
  const input = `${encode(header)}.${encode(payload)}`
  return `${input}.${signature(Buffer.from(input)).toString('base64url')}`
}

export function encode(part: unknown): string {
  const bytes = Buffer.isBuffer(part)
    ? part
    : Buffer.from(typeof part === 'string' ? part : JSON.stringify(part))
  return bytes.toString('base64url')
}

/** Returns the RFC 7638 thumbprint of an RSA key. */
export function thumbprint(publicKey: KeyObject): string {
  const { e, kty, n } = publicKey.export({ format: 'jwk' })
  return createHash('sha256').update(JSON.stringify({ e, kty, n })).digest('base64url')
}

/** Returns a self-signed X.509 certificate (RFC 5280 section 4.1) of an RSA key, in DER. */
export function certificate({
  publicKey,
  privateKey,
}: {
  publicKey: KeyObject
  privateKey: KeyObject
}): Buffer {
  const sha256WithRsa = der(0x30, Buffer.from('06092a864886f70d01010b0500', 'hex'))
  const commonName = der(0x30, Buffer.from('0603550403', 'hex'), der(0x0c, Buffer.from('forged')))
  const name = der(0x30, der(0x31, commonName))
  const validity = der(0x30, der(0x17, Buffer.from('200101000000Z')), der(0x17, Buffer.from('490101000000Z')))
  const spki = publicKey.export({ format: 'der', type: 'spki' })
  const toBeSigned = der(0x30, der(0x02, Buffer.from([1])), sha256WithRsa, name, validity, name, spki)
  const signature = der(0x03, Buffer.from([0]), sign('sha256', toBeSigned, privateKey))
  return der(0x30, toBeSigned, sha256WithRsa, signature)
}

function der(tag: number, ...content: Buffer[]): Buffer {
  const body = Buffer.concat(content)
  const { length } = body
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255]
  return Buffer.concat([Buffer.from([tag, ...size]), body])
}

/** Returns the claims of a token, unverified. */
export const claimsOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
