import { createPublicKey, type KeyObject, randomBytes } from 'node:crypto'
import { encode, forge, hmac, type Signer, signer, thumbprint } from '../../support/http/forge.ts'
import { claims, NOW, ours, theirCertificate, theirs, trap, valid } from '../attacks.ts'

// Tokens as an attacker without our keys makes them from a valid one, by the exploits, tampering and
// injections of jwt_tool (https://github.com/ticarpi/jwt_tool/wiki). No signature here is one of our keys
// over its header and claims.

const kid = thumbprint(ours.publicKey)
const header = { alg: 'RS256', typ: 'at+jwt', kid }
const [validHeader = '', validClaims = '', validSignature = ''] = valid.split('.')
const signatureBytes = Buffer.from(validSignature, 'base64url')
const byThem = signer(theirs.privateKey)
const admin = { ...claims, role: 'admin' }

/** Claims that an attacker wants: each is accepted if our key signs it. */
export const wanted: Record<string, object> = {
  'the role admin': admin,
  'another user': { ...claims, sub: 'Bda-Lovelace-1815-12-A', username: 'bda' },
  'a later exp': { ...claims, exp: claims.exp + 31_536_000 },
  'two factors': { ...claims, acr: 'aal2', amr: ['pwd', 'otp', 'mfa'] },
  'another session': { ...claims, sid: 'another-session' },
  'a recent sign-in': { ...claims, auth_time: NOW },
}

type Forged = [name: string, token: string]

const under = (name: string, head: object, by: Signer, payload: unknown = admin): Forged => [
  name,
  forge({ ...header, ...head }, payload, by),
]

const nothing: Signer = () => Buffer.alloc(0)
const sameSignature: Signer = () => signatureBytes

/** -X a: the algorithm none. */
const NONES = [
  'none',
  'None',
  'NONE',
  'nOnE',
  'noNe',
  'NOne',
  ' none',
  'none ',
  'none\0',
  'nоne',
  'null',
  'NULL',
  '',
]
const none = NONES.flatMap((alg): Forged[] => {
  const [head, body] = forge({ ...header, alg }, admin, nothing).split('.')
  return [
    [`-X a, ${alg}, no signature`, `${head}.${body}.`],
    [`-X a, ${alg}, two parts`, `${head}.${body}`],
    [`-X a, ${alg}, our signature`, `${head}.${body}.${validSignature}`],
    under(`-X a, ${alg}, without kid`, { alg, kid: undefined }, nothing),
  ]
})

/** -X n and -T: other claims with no signature, the old one, or one by another key. */
const tampered = Object.entries(wanted).flatMap(([name, payload]): Forged[] => [
  under(`-X n, ${name}`, {}, nothing, payload),
  under(`-T, ${name}, the old signature`, {}, sameSignature, payload),
  under(`-T, ${name}, by another key`, {}, byThem, payload),
  under(`-T, ${name}, a random signature`, {}, () => randomBytes(256), payload),
])

/** -X k: the public key in each of its forms as the key of an HMAC. */
const forms = (key: KeyObject): Record<string, string | Buffer> => {
  const pem = key.export({ format: 'pem', type: 'spki' }).toString()
  const pkcs1 = key.export({ format: 'pem', type: 'pkcs1' }).toString()
  const { n = '', e = '' } = key.export({ format: 'jwk' })
  return {
    PEM: pem,
    'PEM, trimmed': pem.trim(),
    'PEM, CRLF': pem.replaceAll('\n', '\r\n'),
    'PEM, two line ends': `${pem}\n`,
    'PEM, one line': pem.replace(/-----.*?-----|\n/g, ''),
    'PEM, escaped': pem.replaceAll('\n', '\\n'),
    'PKCS #1': pkcs1,
    'PKCS #1, trimmed': pkcs1.trim(),
    DER: key.export({ format: 'der', type: 'spki' }),
    'PKCS #1 DER': key.export({ format: 'der', type: 'pkcs1' }),
    JWK: JSON.stringify({ kty: 'RSA', n, e }),
    'canonical JWK': JSON.stringify({ e, kty: 'RSA', n }),
    'published JWK': JSON.stringify({ kty: 'RSA', use: 'sig', alg: 'RS256', kid, n, e }),
    JWKS: JSON.stringify({ keys: [{ kty: 'RSA', use: 'sig', alg: 'RS256', kid, n, e }] }),
    n,
    'bytes of n': Buffer.from(n, 'base64url'),
    kid,
  }
}
const confused = Object.entries(forms(createPublicKey(ours.privateKey))).flatMap(([form, key]): Forged[] => [
  ...['256', '384', '512'].map((bits) =>
    under(`-X k, HS${bits} keyed with our ${form}`, { alg: `HS${bits}` }, hmac(key, `sha${bits}`)),
  ),
  under(`-X k, RS256 over an HMAC with our ${form}`, {}, hmac(key)),
])

/** -X b and -C: an HMAC with an empty or a common secret. */
const guessed = ['', 'secret', 'password', '123456', 'jwt', 'key', 'changeme', 'your-256-bit-secret'].flatMap(
  (secret): Forged[] => [
    under(`-X b, HS256 keyed with "${secret}"`, { alg: 'HS256' }, hmac(secret)),
    under(`-X b, HS512 keyed with "${secret}"`, { alg: 'HS512' }, hmac(secret, 'sha512')),
  ],
)

/** -X p: psychic signatures, of which all numbers are zero. */
const emptyDer = Buffer.from('3006020100020100', 'hex')
const psychic = [64, 96, 132].flatMap((size, at): Forged[] => {
  const alg = ['ES256', 'ES384', 'ES512'][at]
  return [
    under(`-X p, ${alg}`, { alg }, () => Buffer.alloc(size)),
    under(`-X p, ${alg} in DER`, { alg }, () => emptyDer),
    under(`-X p, RS256 over ${size} zeros`, {}, () => Buffer.alloc(size)),
  ]
})

/** -X i and -X s: a key of the attacker in the header, or an address of one. */
const jwk = { ...theirs.publicKey.export({ format: 'jwk' }), alg: 'RS256', use: 'sig' }
const x5c = [theirCertificate.toString('base64')]
const carriers: Record<string, object> = {
  jwk: { jwk },
  'jwk with our kid': { jwk: { ...jwk, kid } },
  'jwk in a set': { jwk: { keys: [jwk] } },
  jwks: { jwks: { keys: [{ ...jwk, kid }] } },
  jku: { jku: `${trap.url}/jwks` },
  'jku of ours and theirs': { jku: `https://issuer.example@${trap.url.slice(7)}/jwks` },
  'jku of a file': { jku: 'file:///dev/null' },
  x5c: { x5c },
  'x5c and x5t': { x5c, x5t: thumbprint(theirs.publicKey) },
  x5u: { x5u: `${trap.url}/certificate` },
  'everything at once': { jwk, jku: `${trap.url}/jwks`, x5c, x5u: `${trap.url}/certificate` },
}
const injected = Object.entries(carriers).flatMap(([name, head]): Forged[] => [
  under(`-X i, ${name}, our kid`, head, byThem),
  under(`-X i, ${name}, its own kid`, { ...head, kid: thumbprint(theirs.publicKey) }, byThem),
  under(`-X i, ${name}, without kid`, { ...head, kid: undefined }, byThem),
])

/** -I -hc kid: values that other verifiers open, query or run. */
const KIDS = [
  '../../../../../../dev/null',
  '/dev/null',
  'file:///dev/null',
  '/proc/sys/kernel/randomize_va_space',
  '/var/task/authorizer.cjs',
  "' UNION SELECT 'x'--",
  "x' OR '1'='1",
  '|sleep 5',
  '$(sleep 5)',
  '`sleep 5`',
  '\u0024{jndi:ldap://localhost/x}',
  'http://169.254.169.254/latest/meta-data/',
  'arn:aws:kms:eu-central-1:123456789012:key/x',
  `${kid}\0`,
  `${kid}/../${kid}`,
  '__proto__',
  'constructor',
  '*',
]
const kids = KIDS.flatMap((value): Forged[] => [
  under(`-I kid ${value}, HS256 keyed with nothing`, { alg: 'HS256', kid: value }, hmac('')),
  under(`-I kid ${value}, HS256 keyed with x`, { alg: 'HS256', kid: value }, hmac('x')),
  under(`-I kid ${value}, by another key`, { kid: value }, byThem),
])

/** Signatures that were shortened, lengthened, changed, or computed from the public modulus. */
const { n = '' } = ours.publicKey.export({ format: 'jwk' })
const modulus = BigInt(`0x${Buffer.from(n, 'base64url').toString('hex')}`)
const s = BigInt(`0x${signatureBytes.toString('hex')}`)
const numbered = (value: bigint, bytes = 256) =>
  Buffer.from(value.toString(16).padStart(bytes * 2, '0'), 'hex')
const changed: [string, Buffer][] = [
  ...[1, 16, 32, 64, 128, 255].map((size): [string, Buffer] => [
    `${size} bytes of it`,
    signatureBytes.subarray(0, size),
  ]),
  ...[1, 16, 256].map((size): [string, Buffer] => [
    `${size} bytes more`,
    Buffer.concat([signatureBytes, Buffer.alloc(size)]),
  ]),
  ...[0, 1, 127, 254, 255].map((at): [string, Buffer] => {
    const bytes = Buffer.from(signatureBytes)
    bytes.writeUInt8(bytes.readUInt8(at) ^ 0x80, at)
    return [`byte ${at} changed`, bytes]
  }),
  ['reversed', Buffer.from(signatureBytes).reverse()],
  ['zero', numbered(0n)],
  ['one', numbered(1n)],
  ['n', numbered(modulus)],
  ['n - 1', numbered(modulus - 1n)],
  ['n - s', numbered(modulus - s)],
  ['s + n', numbered(s + modulus, 257)],
  ['s twice', Buffer.concat([signatureBytes, signatureBytes])],
  ['its hex', Buffer.from(signatureBytes.toString('hex'))],
  ['its base64', Buffer.from(signatureBytes.toString('base64'))],
]
const signatures = changed.map(
  ([name, signature]): Forged => [
    `signature: ${name}`,
    `${validHeader}.${validClaims}.${signature.toString('base64url')}`,
  ],
)

/** Members twice, extensions, and tokens in tokens. */
const twice = (name: string, head: string): Forged => [`twice: ${name}`, forge(head, admin, hmac(n))]
const nested = [
  twice('alg, none last', `{"alg":"RS256","typ":"at+jwt","kid":"${kid}","alg":"none"}`),
  twice('alg, none first', `{"alg":"none","typ":"at+jwt","kid":"${kid}","alg":"RS256"}`),
  twice('alg, HS256 last', `{"alg":"RS256","typ":"at+jwt","kid":"${kid}","alg":"HS256"}`),
  twice('kid', `{"alg":"RS256","typ":"at+jwt","kid":"${kid}","kid":"x"}`),
  twice('ALG beside alg', `{"alg":"RS256","typ":"at+jwt","kid":"${kid}","ALG":"none"}`),
  under('crit that names alg', { crit: ['alg'] }, sameSignature),
  under('crit that names b64', { crit: ['b64'], b64: false }, sameSignature),
  under('b64 without crit', { b64: false }, sameSignature),
  under('zip', { zip: 'DEF' }, sameSignature),
  under('the valid token as payload', { cty: 'JWT' }, byThem, valid),
  under('the valid token as kid', { kid: valid }, byThem),
  under('the valid token as a claim', {}, byThem, { ...admin, token: valid }),
]

/** Other spellings of the valid token, and other claims in its shape. */
const spelled: Forged[] = [
  ['evil payload before the valid token', `${encode(admin)}.${valid}`],
  ['evil payload behind the valid token', `${valid}.${encode(admin)}`],
  ['evil payload and valid payload', `${validHeader}.${encode(admin)}${validClaims}.${validSignature}`],
  ['evil payload with padding', `${validHeader}.${validClaims}=${encode(admin)}.${validSignature}`],
  ['line end in the payload', valid.replace('.', '.\n')],
  ['two dots', valid.replace('.', '..')],
  ['padding', `${valid}=`],
  ['header in lower case', valid.replace(validHeader, validHeader.toLowerCase())],
  [
    'flattened JSON',
    JSON.stringify({ protected: validHeader, payload: encode(admin), signature: validSignature }),
  ],
  ['general JSON', JSON.stringify({ payload: encode(admin), signatures: [{ protected: validHeader }] })],
  ['detached payload', `${validHeader}..${validSignature}`],
]

export const forged: readonly Forged[] = [
  ...none,
  ...tampered,
  ...confused,
  ...guessed,
  ...psychic,
  ...injected,
  ...kids,
  ...signatures,
  ...nested,
  ...spelled,
]
