import { generateKeyPairSync, sign } from 'node:crypto'

/** A self-signed certificate and its key, in PEM. */
export interface Certificate {
  cert: string
  key: string
}

// Types of ASN.1, in DER (X.690).
const [BOOLEAN, INTEGER, BITS, OCTETS, UTF8, TIME, SEQUENCE, SET] = [1, 2, 3, 4, 12, 23, 0x30, 0x31]

/** Object identifiers in DER. */
const OID = {
  ecdsaWithSha256: Buffer.from('06082a8648ce3d040302', 'hex'),
  commonName: Buffer.from('0603550403', 'hex'),
  subjectAltName: Buffer.from('0603551d11', 'hex'),
  basicConstraints: Buffer.from('0603551d13', 'hex'),
}

function der(type: number, ...parts: (Buffer | string | number)[]): Buffer {
  const content = Buffer.concat(
    parts.map((part) => (typeof part === 'number' ? Buffer.of(part) : Buffer.from(part))),
  )
  const { length } = content
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255]
  return Buffer.concat([Buffer.of(type, ...size), content])
}

/** Creates a certificate of names, valid from 2020 to 2049, that is its own certificate authority (RFC 5280 section 4.1). */
export function createCertificate(...hosts: string[]): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const algorithm = der(SEQUENCE, OID.ecdsaWithSha256)
  const name = der(SEQUENCE, der(SET, der(SEQUENCE, OID.commonName, der(UTF8, 'test'))))
  const names = der(SEQUENCE, ...hosts.map((host) => der(0x82, host)))
  const extensions = [
    der(SEQUENCE, OID.subjectAltName, der(OCTETS, names)),
    der(SEQUENCE, OID.basicConstraints, der(BOOLEAN, 0xff), der(OCTETS, der(SEQUENCE, der(BOOLEAN, 0xff)))),
  ]
  const body = der(
    SEQUENCE,
    der(0xa0, der(INTEGER, 2)),
    der(INTEGER, 1),
    algorithm,
    name,
    der(SEQUENCE, der(TIME, '200101000000Z'), der(TIME, '491231235959Z')),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, der(SEQUENCE, ...extensions)),
  )
  const whole = der(SEQUENCE, body, algorithm, der(BITS, 0, sign('sha256', body, privateKey)))
  const lines = whole.toString('base64').replace(/.{64}/g, '$&\n')
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
    key: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
  }
}
