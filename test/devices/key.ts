import { generateKeyPairSync, hash, type KeyObject, sign } from 'node:crypto'

const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A browser with a key, which speaks the wire format of Chromium. */
export interface Device {
  key: KeyObject
  jwk: object
  /** The thumbprint of its key. */
  id: string
}

export function newDevice(): Device {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { crv, kty, x, y } = publicKey.export({ format: 'jwk' })
  const jwk = { crv, kty, x, y }
  return { key: privateKey, jwk, id: hash('sha256', JSON.stringify(jwk), 'base64url') }
}

/** Returns a proof with these members. */
export function proofOf(head: object, payload: object, key: KeyObject): string {
  const signed = `${encoded({ alg: 'ES256', typ: 'dbsc+jwt', ...head })}.${encoded(payload)}`
  const signature = sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' })
  return `${signed}.${signature.toString('base64url')}`
}

export const registration = ({ jwk, key }: Device, jti: string) => proofOf({ jwk }, { jti }, key)
export const renewal = ({ key }: Device, jti: string) => proofOf({}, { jti }, key)
