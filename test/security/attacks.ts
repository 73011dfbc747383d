import { constants, generateKeyPairSync, randomBytes, sign, X509Certificate } from 'node:crypto'
import {
  certificate,
  encode,
  forge,
  hmac,
  rsaPair,
  type Signer,
  signer,
  thumbprint,
} from '../support/http/forge.ts'
import { AUDIENCE, AUTH_TIME, countingServer, ISSUER, USER_ID } from './authorizer.ts'

/** The time of all these tests, in epoch seconds. */
export const NOW = 1_800_000_000

export const [ours, oursToo, theirs] = [rsaPair(), rsaPair(), rsaPair()]
const theirCurve = generateKeyPairSync('ec', { namedCurve: 'P-256' })

const kid = thumbprint(ours.publicKey)
const header = { alg: 'RS256', typ: 'at+jwt', kid }
export const claims = {
  iss: ISSUER,
  aud: AUDIENCE,
  sub: USER_ID,
  client_id: 'first-party',
  username: 'ada',
  role: 'user',
  iat: NOW - 10,
  exp: NOW + 1790,
  jti: 'b5c1e6a4-6a5c-4f0b-9d0e-3d9d5b8f7a11',
  sid: 'the-session',
  gen: 7,
  auth_time: AUTH_TIME,
  amr: ['pwd'],
  acr: 'aal1',
}
const byUs = signer(ours.privateKey)
const byThem = signer(theirs.privateKey)

/** A valid token, exactly as the service issues it. */
export const valid = forge(header, claims, byUs)
const [validHeader = '', validClaims = '', validSignature = ''] = valid.split('.')

/** Signs the valid token with other header members. A member that is undefined is left out. */
const headed = (changes: object, by: Signer = byUs) => forge({ ...header, ...changes }, claims, by)
/** Signs the valid token with other claims. */
export const claiming = (changes: object) => forge(header, { ...claims, ...changes }, byUs)
/** Puts the valid signature on other claims. */
const editing = (changes: object) => `${validHeader}.${encode({ ...claims, ...changes })}.${validSignature}`
const CLIENT = 'client_id is not the one of this service'
/** Puts another signature on the valid token. */
const signedWith = (signature: Buffer) => `${validHeader}.${validClaims}.${signature.toString('base64url')}`

/** A server whose URL some tokens contain. It serves the keys that would verify these tokens. */
export const trap = await countingServer((request, response) => {
  const jwks = { keys: [theirJwk, { ...theirJwk, kid }] }
  response.end(request.url === '/jwks' ? JSON.stringify(jwks) : theirCertificatePem)
})
const theirJwk = { ...theirs.publicKey.export({ format: 'jwk' }), alg: 'RS256', use: 'sig' }
export const theirCertificate = certificate(theirs)
const theirCertificatePem = new X509Certificate(theirCertificate).toString()
const x5c = [theirCertificate.toString('base64')]
const theirKid = thumbprint(theirs.publicKey)

const ourPem = ours.publicKey.export({ format: 'pem', type: 'spki' }).toString()
const ourPkcs1Pem = ours.publicKey.export({ format: 'pem', type: 'pkcs1' }).toString()
const ourDer = ours.publicKey.export({ format: 'der', type: 'spki' })
const ourJwk = ours.publicKey.export({ format: 'jwk' })

// The logged reasons of rejections. Each row must reach the check that it is about.
export const SIGNATURE = 'the signature does not verify'
const ALGORITHM = 'alg is not RS256'
export const KEY = 'kid is not a known key'
const SHAPE = 'not a compact JWS'
const LENGTH = 'longer than 8 KiB'
const SPELLING = 'header is not in canonical form'
const HEADER = 'header is not JSON'
const EXPIRED = 'expired'
const TYPE = 'typ is not at+jwt'
const ISSUER_CLAIM = 'iss is another issuer'
const AUDIENCE_CLAIM = 'aud is not this API alone'
const EXPIRY = 'exp is not a whole number of seconds'
const PAYLOAD = 'payload is not a JSON object'
const missing = (claim: string) => `${claim} is missing`

/** An attack, its token, and the reason that must be logged. */
type Row = [attack: string, token: string, because: string]

const casingsOfNone = Array.from({ length: 16 }, (_, bits) =>
  [...'none'].map((letter, at) => ((bits >> at) & 1 ? letter.toUpperCase() : letter)).join(''),
)
const unsigned: Signer = () => Buffer.alloc(0)

const algorithms: Row[] = [
  ...casingsOfNone.map(
    (alg): Row => [`alg ${alg} without a signature`, headed({ alg }, unsigned), ALGORITHM],
  ),
  ['alg none with our signature', headed({ alg: 'none' }), ALGORITHM],
  ['alg missing', headed({ alg: undefined }), ALGORITHM],
  ['alg null', headed({ alg: null }), ALGORITHM],
  ['alg empty', headed({ alg: '' }), ALGORITHM],
  ['alg a number', headed({ alg: 256 }), ALGORITHM],
  ['alg an array', headed({ alg: ['RS256'] }), ALGORITHM],
  ['alg in lower case', headed({ alg: 'rs256' }), ALGORITHM],
  ['alg with a space behind', headed({ alg: 'RS256 ' }), ALGORITHM],
  ['alg __proto__', headed({ alg: '__proto__' }), ALGORITHM],
  ['HS256 keyed with our PEM', headed({ alg: 'HS256' }, hmac(ourPem)), ALGORITHM],
  ['HS256 keyed with our PEM, trimmed', headed({ alg: 'HS256' }, hmac(ourPem.trim())), ALGORITHM],
  ['HS256 keyed with our PKCS #1 PEM', headed({ alg: 'HS256' }, hmac(ourPkcs1Pem)), ALGORITHM],
  ['HS256 keyed with our DER', headed({ alg: 'HS256' }, hmac(ourDer)), ALGORITHM],
  ['HS256 keyed with our JWK', headed({ alg: 'HS256' }, hmac(JSON.stringify(ourJwk))), ALGORITHM],
  ['HS256 keyed with the text of n', headed({ alg: 'HS256' }, hmac(String(ourJwk.n))), ALGORITHM],
  [
    'HS256 keyed with the bytes of n',
    headed({ alg: 'HS256' }, hmac(Buffer.from(String(ourJwk.n), 'base64url'))),
    ALGORITHM,
  ],
  ['HS256 keyed with nothing', headed({ alg: 'HS256' }, hmac('')), ALGORITHM],
  ['HS384 keyed with our PEM', headed({ alg: 'HS384' }, hmac(ourPem, 'sha384')), ALGORITHM],
  ['HS512 keyed with our PEM', headed({ alg: 'HS512' }, hmac(ourPem, 'sha512')), ALGORITHM],
  ['alg RS256 over an HMAC with our PEM', headed({}, hmac(ourPem)), SIGNATURE],
  ['RS384 by our key', headed({ alg: 'RS384' }, signer(ours.privateKey, 'sha384')), ALGORITHM],
  ['RS512 by our key', headed({ alg: 'RS512' }, signer(ours.privateKey, 'sha512')), ALGORITHM],
  ['PS256 by our key', headed({ alg: 'PS256' }, pss()), ALGORITHM],
  ['alg RS256 over a PSS signature by our key', headed({}, pss()), SIGNATURE],
  ['alg RS256 over a SHA-1 signature by our key', headed({}, signer(ours.privateKey, 'sha1')), SIGNATURE],
  ['ES256 by a stranger', headed({ alg: 'ES256' }, signer(theirCurve.privateKey)), ALGORITHM],
  ['ES256 of zeros', headed({ alg: 'ES256' }, () => Buffer.alloc(64)), ALGORITHM],
  ['alg RS256 over an ES256 signature', headed({}, signer(theirCurve.privateKey)), SIGNATURE],
  ['EdDSA', headed({ alg: 'EdDSA' }, () => Buffer.alloc(64)), ALGORITHM],
]

const keys: Row[] = [
  ['a stranger signs in our name', headed({}, byThem), SIGNATURE],
  ['our second key signs in the name of the first', headed({}, signer(oursToo.privateKey)), SIGNATURE],
  ['jwk beside our kid', headed({ jwk: theirJwk }, byThem), SIGNATURE],
  ['jwk with its own kid', headed({ jwk: theirJwk, kid: theirKid }, byThem), KEY],
  ['jwk without a kid', headed({ jwk: theirJwk, kid: undefined }, byThem), KEY],
  ['jwk of ours without a kid', headed({ jwk: ourJwk, kid: undefined }), KEY],
  ['jku beside our kid', headed({ jku: `${trap.url}/jwks` }, byThem), SIGNATURE],
  ['jku with its own kid', headed({ jku: `${trap.url}/jwks`, kid: theirKid }, byThem), KEY],
  ['jku without a kid', headed({ jku: `${trap.url}/jwks`, kid: undefined }, byThem), KEY],
  ['x5u beside our kid', headed({ x5u: `${trap.url}/certificate` }, byThem), SIGNATURE],
  ['x5u with its own kid', headed({ x5u: `${trap.url}/certificate`, kid: theirKid }, byThem), KEY],
  ['x5u without a kid', headed({ x5u: `${trap.url}/certificate`, kid: undefined }, byThem), KEY],
  ['x5c beside our kid', headed({ x5c }, byThem), SIGNATURE],
  ['x5c with its own kid', headed({ x5c, kid: theirKid }, byThem), KEY],
  ['x5c without a kid', headed({ x5c, kid: undefined }, byThem), KEY],
  ['kid that is an address', headed({ kid: `${trap.url}/jwks` }, byThem), KEY],
  ['kid unknown', headed({ kid: theirKid }, byThem), KEY],
  ['kid missing', headed({ kid: undefined }), KEY],
  ['kid empty', headed({ kid: '' }), KEY],
  ['kid null', headed({ kid: null }), KEY],
  ['kid a number', headed({ kid: 0 }), KEY],
  ['kid true', headed({ kid: true }), KEY],
  ['kid an array of ours', headed({ kid: [kid] }), KEY],
  ['kid an object', headed({ kid: { kid } }), KEY],
  ['kid with a space behind', headed({ kid: `${kid} ` }), KEY],
  ['kid with a NUL behind', headed({ kid: `${kid}\0` }), KEY],
  ['kid in lower case', headed({ kid: kid.toLowerCase() }), KEY],
  ['kid a KMS alias', headed({ kid: 'alias/a' }), KEY],
  ['kid a path to nothing', headed({ alg: 'HS256', kid: '../../../../../dev/null' }, hmac('')), KEY],
  ['kid a path to a file', headed({ kid: '/proc/self/environ' }, byThem), KEY],
  ['kid an SQL injection', headed({ kid: "' UNION SELECT 'secret" }, hmac('secret')), KEY],
  ['kid a shell injection', headed({ kid: '|/usr/bin/touch pwned' }, byThem), KEY],
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'size', 'get'].map(
    (name): Row => [`kid ${name}`, headed({ kid: name }, byThem), KEY],
  ),
]

const UNSUPPORTED = 'crit and b64 are not supported'

const headers: Row[] = [
  [
    'crit with an unknown extension',
    headed({ crit: ['urn:example:rule'], 'urn:example:rule': true }),
    UNSUPPORTED,
  ],
  ['crit that names exp', headed({ crit: ['exp'], exp: 1 }), UNSUPPORTED],
  ['crit that names alg', headed({ crit: ['alg'] }), UNSUPPORTED],
  ['crit that names __proto__', headed({ crit: ['__proto__'] }), UNSUPPORTED],
  ['crit empty', headed({ crit: [] }), UNSUPPORTED],
  ['crit a string', headed({ crit: 'exp' }), UNSUPPORTED],
  ['crit null', headed({ crit: null }), UNSUPPORTED],
  ['b64 false', headed({ b64: false, crit: ['b64'] }), UNSUPPORTED],
  [
    'b64 false and a payload in the clear',
    `${encode({ ...header, b64: false })}.${JSON.stringify(claims)}.${validSignature}`,
    SHAPE,
  ],
  ['typ missing', headed({ typ: undefined }), TYPE],
  ['typ JWT', headed({ typ: 'JWT' }), TYPE],
  ['typ of an ID token', headed({ typ: 'id_token+jwt' }), TYPE],
  ['typ of a logout token', headed({ typ: 'logout+jwt' }), TYPE],
  ['typ of another media type', headed({ typ: 'text/at+jwt' }), TYPE],
  ['typ with a parameter', headed({ typ: 'at+jwt; v=1' }), TYPE],
  ['typ empty', headed({ typ: '' }), TYPE],
  ['typ null', headed({ typ: null }), TYPE],
  ['typ an array', headed({ typ: ['at+jwt'] }), TYPE],
  ['kid twice', forge(`{"alg":"RS256","typ":"at+jwt","kid":"x","kid":"${kid}"}`, claims, byUs), SPELLING],
  ['alg twice', forge(`{"alg":"none","alg":"RS256","typ":"at+jwt","kid":"${kid}"}`, claims, byUs), SPELLING],
  [
    'alg twice, once escaped',
    forge(`{"alg":"RS256","\\u0061lg":"none","typ":"at+jwt","kid":"${kid}"}`, claims, byUs),
    SPELLING,
  ],
  ['white space in the header', forge(JSON.stringify(header, null, 1), claims, byUs), SPELLING],
  ['text behind the header', forge(`${JSON.stringify(header)}{}`, claims, byUs), HEADER],
  ['byte order mark before the header', forge(`\uFEFF${JSON.stringify(header)}`, claims, byUs), HEADER],
  ['header not UTF-8', forge(Buffer.from('{"alg":"RS256\xff"}', 'latin1'), claims, byUs), SPELLING],
  ['header not JSON', forge('RS256', claims, byUs), HEADER],
  ['header empty', forge('', claims, byUs), HEADER],
  ['header null', forge('null', claims, byUs), KEY],
  ['header a string', forge('"RS256"', claims, byUs), KEY],
  ['header an array', forge([header], claims, byUs), KEY],
  ['header 2,500 arrays deep', forge('['.repeat(2500) + ']'.repeat(2500), claims, byUs), KEY],
  ['header with a prototype', forge(`{"__proto__":${JSON.stringify(header)}}`, claims, byUs), KEY],
]

const contents: Row[] = [
  ['iss missing', claiming({ iss: undefined }), missing('iss')],
  ['iss of another', claiming({ iss: 'https://issuer.example.evil.example' }), ISSUER_CLAIM],
  ['iss with a slash behind', claiming({ iss: `${ISSUER}/` }), ISSUER_CLAIM],
  ['iss an array of ours', claiming({ iss: [ISSUER] }), ISSUER_CLAIM],
  ['iss null', claiming({ iss: null }), ISSUER_CLAIM],
  ['aud missing', claiming({ aud: undefined }), missing('aud')],
  ['aud of another', claiming({ aud: 'https://other.example' }), AUDIENCE_CLAIM],
  ['aud an empty array', claiming({ aud: [] }), AUDIENCE_CLAIM],
  ['aud an object', claiming({ aud: { 0: AUDIENCE } }), AUDIENCE_CLAIM],
  ['aud of us and another', claiming({ aud: [AUDIENCE, 'https://other.example'] }), AUDIENCE_CLAIM],
  ['aud an array of us alone', claiming({ aud: [AUDIENCE] }), AUDIENCE_CLAIM],
  ['sub missing', claiming({ sub: undefined }), missing('sub')],
  ['sub empty', claiming({ sub: '' }), 'sub is not a user id'],
  ['sub a number', claiming({ sub: 1 }), 'sub is not a user id'],
  ['sub an array', claiming({ sub: [USER_ID] }), 'sub is not a user id'],
  ['sub a username', claiming({ sub: 'ada' }), 'sub is not a user id'],
  ['sub with a line end', claiming({ sub: `${USER_ID}\n` }), 'sub is not a user id'],
  ['sub of 23 characters', claiming({ sub: `${USER_ID}a` }), 'sub is not a user id'],
  ['client_id missing', claiming({ client_id: undefined }), missing('client_id')],
  ['client_id another', claiming({ client_id: 'another' }), CLIENT],
  ['client_id the audience', claiming({ client_id: AUDIENCE }), CLIENT],
  ['client_id an array', claiming({ client_id: ['first-party'] }), CLIENT],
  ['username missing', claiming({ username: undefined }), missing('username')],
  ['username empty', claiming({ username: '' }), 'username is not a login name'],
  ['username a number', claiming({ username: 1 }), 'username is not a login name'],
  ['username an array', claiming({ username: ['ada'] }), 'username is not a login name'],
  ['username in upper case', claiming({ username: 'ADA' }), 'username is not a login name'],
  ['username with a line end', claiming({ username: 'ada\n' }), 'username is not a login name'],
  ['username of 65 characters', claiming({ username: 'a'.repeat(65) }), 'username is not a login name'],
  ['gen missing', claiming({ gen: undefined }), missing('gen')],
  ['gen a text', claiming({ gen: '7' }), 'gen is not a whole number'],
  ['gen a fraction', claiming({ gen: 7.5 }), 'gen is not a whole number'],
  ['gen of an earlier time', claiming({ gen: 6 }), 'revoked'],
  ['gen of a later time', claiming({ gen: 8 }), 'revoked'],
  ['amr missing', claiming({ amr: undefined }), missing('amr')],
  ['acr missing', claiming({ acr: undefined }), missing('acr')],
  ['acr unknown', claiming({ acr: 'aal3' }), 'acr is unknown'],
  ['acr edited in a signed token', editing({ acr: 'aal2' }), SIGNATURE],
  ['auth_time missing', claiming({ auth_time: undefined }), missing('auth_time')],
  ['auth_time a text', claiming({ auth_time: '7' }), 'auth_time is not a whole number of seconds'],
  ['role missing', claiming({ role: undefined }), missing('role')],
  ['role unknown', claiming({ role: 'root' }), 'role is unknown'],
  ['role in another case', claiming({ role: 'Admin' }), 'role is unknown'],
  ['role an array', claiming({ role: ['admin'] }), 'role is unknown'],
  ['role an object', claiming({ role: { admin: true } }), 'role is unknown'],
  ['role a number', claiming({ role: 1 }), 'role is unknown'],
  ['role constructor', claiming({ role: 'constructor' }), 'role is unknown'],
  [
    'role by the prototype',
    forge(
      header,
      JSON.stringify({ ...claims, role: undefined }).replace('{', '{"__proto__":{"role":"admin"},'),
      byUs,
    ),
    missing('role'),
  ],
  ['jti missing', claiming({ jti: undefined }), missing('jti')],
  ['jti empty', claiming({ jti: '' }), 'jti is not an identifier'],
  ['sid missing', claiming({ sid: undefined }), missing('sid')],
  ['sid empty', claiming({ sid: '' }), 'sid is not an identifier'],
  ['sid an object', claiming({ sid: {} }), 'sid is not an identifier'],
  ['jti a number', claiming({ jti: 7 }), 'jti is not an identifier'],
  ['exp missing', claiming({ exp: undefined }), missing('exp')],
  ['exp a string', claiming({ exp: String(claims.exp) }), EXPIRY],
  ['exp null', claiming({ exp: null }), EXPIRY],
  ['exp negative', claiming({ exp: -1 }), EXPIRED],
  ['exp zero', claiming({ exp: 0 }), EXPIRED],
  ['exp a second ago', claiming({ exp: NOW - 1 }), EXPIRED],
  ['exp this very second', claiming({ exp: NOW }), EXPIRED],
  ['exp a fraction', claiming({ exp: NOW + 60.5 }), EXPIRY],
  ['exp beyond whole numbers', claiming({ exp: 1e300 }), EXPIRY],
  ['exp infinite', forge(header, JSON.stringify(claims).replace(String(claims.exp), '1e999'), byUs), EXPIRY],
  ['iat missing', claiming({ iat: undefined }), missing('iat')],
  ['iat a string', claiming({ iat: String(NOW) }), 'iat is not a whole number of seconds'],
  ['iat six seconds ahead', claiming({ iat: NOW + 6 }), 'iat is in the future'],
  ['nbf a second ahead', claiming({ nbf: NOW + 1 }), 'nbf is not in the past'],
  ['nbf a string', claiming({ nbf: String(NOW - 10) }), 'nbf is not in the past'],
  ['payload not JSON', forge(header, 'admin', byUs), PAYLOAD],
  ['payload empty', forge(header, '', byUs), PAYLOAD],
  ['payload an array', forge(header, [claims], byUs), PAYLOAD],
  ['payload null', forge(header, 'null', byUs), PAYLOAD],
  ['payload a string', forge(header, '"admin"', byUs), PAYLOAD],
  ['payload not UTF-8', forge(header, Buffer.from([0x22, 0xff, 0x22]), byUs), PAYLOAD],
  ['payload another token', forge({ ...header, cty: 'JWT' }, valid, byUs), PAYLOAD],
]

const edits: Row[] = [
  ['role edited in a signed token', editing({ role: 'admin' }), SIGNATURE],
  ['sub edited in a signed token', editing({ sub: 'Bda-Lovelace-1815-12-A' }), SIGNATURE],
  ['username edited in a signed token', editing({ username: 'admin' }), SIGNATURE],
  ['gen edited in a signed token', editing({ gen: 8 }), SIGNATURE],
  ['exp edited in a signed token', editing({ exp: claims.exp + 1 }), SIGNATURE],
  [
    'role added a second time',
    `${validHeader}.${encode(JSON.stringify(claims).replace(/}$/, ',"role":"admin"}'))}.${validSignature}`,
    SIGNATURE,
  ],
  [
    'header edited in a signed token',
    `${encode({ ...header, cty: 'x' })}.${validClaims}.${validSignature}`,
    SIGNATURE,
  ],
  [
    'signature of another token',
    `${validHeader}.${validClaims}.${claiming({ jti: 'x' }).split('.')[2]}`,
    SIGNATURE,
  ],
  ['signature empty', `${validHeader}.${validClaims}.`, SIGNATURE],
  ['signature without its last byte', signedWith(signatureBytes().subarray(0, -1)), SIGNATURE],
  [
    'signature with a zero byte before it',
    signedWith(Buffer.concat([Buffer.alloc(1), signatureBytes()])),
    SIGNATURE,
  ],
  [
    'signature with a zero byte behind it',
    signedWith(Buffer.concat([signatureBytes(), Buffer.alloc(1)])),
    SIGNATURE,
  ],
  ['signature of zeros', signedWith(Buffer.alloc(256)), SIGNATURE],
  ['signature of ones', signedWith(Buffer.alloc(256, 255)), SIGNATURE],
  ['one bit of the signature turned', signedWith(withBitTurned(signatureBytes())), SIGNATURE],
  ['payload empty under a signature', `${validHeader}..${validSignature}`, PAYLOAD],
]

const withDashes =
  ['1', '2', '3', '4'].map((jti) => claiming({ jti })).find((token) => /[-_]/.test(token)) ?? ''

const shapes: Row[] = [
  ['token cut after its payload', `${validHeader}.${validClaims}`, SHAPE],
  ['token of one part', validHeader, SHAPE],
  ['token of four parts', `${valid}.${validSignature}`, SHAPE],
  ['token with a dot behind', `${valid}.`, SHAPE],
  ['token with a dot before', `.${valid}`, SHAPE],
  ['encrypted token of five parts', jwe(), SHAPE],
  ['five parts around ours', `${validHeader}.${validClaims}.${validSignature}..`, SHAPE],
  ['token of dots', '..', HEADER],
  [
    'JSON serialisation',
    JSON.stringify({ protected: validHeader, payload: validClaims, signature: validSignature }),
    SHAPE,
  ],
  ['padding behind the signature', `${valid}==`, SHAPE],
  ['padding behind each part', valid.replaceAll('.', '=.'), SHAPE],
  ['alphabet of plain base64', withDashes.replaceAll('-', '+').replaceAll('_', '/'), SHAPE],
  ['trailing bits in the signature', withTrailingBits(valid), SHAPE],
  ['percent-encoded dots', valid.replaceAll('.', '%2E'), SHAPE],
  ['quotes around the token', `"${valid}"`, SHAPE],
  ['full-width letter in the token', valid.replace('e', 'ｅ'), SHAPE],
  ['NUL in the token', valid.replace('.', '\0.'), SHAPE],
  ['three letters behind the signature', `${valid}AAA`, SHAPE],
  ['64 KiB, truly signed', claiming({ filler: 'x'.repeat(49_000) }), LENGTH],
  ['64 KiB of dots', '.'.repeat(65_536), LENGTH],
  ['64 KiB of nothing', 'A'.repeat(65_536), LENGTH],
  ['one byte of payload over 8 KiB, truly signed', claiming({ filler: `${largestFiller()}x` }), LENGTH],
]

/** Valid tokens: without them, an authorizer that rejects every token would pass. */
export const accepted: [token: string, text: string][] = [
  ['the untouched token', valid],
  ['our second key', headed({ kid: thumbprint(oursToo.publicKey) }, signer(oursToo.privateKey))],
  // RFC 9068 section 4 accepts the full media type; RFC 7515 section 4.1.9 makes its case free.
  ['typ application/at+jwt', headed({ typ: 'application/at+jwt' })],
  ['typ AT+JWT', headed({ typ: 'AT+JWT' })],
  ['an iat five seconds ahead of the clock', claiming({ iat: NOW + 5 })],
  ['an nbf of this second', claiming({ nbf: NOW })],
  ['an unknown header member', headed({ note: 'x' })],
  ['an unknown claim', claiming({ admin: true })],
  ['the largest token', claiming({ filler: largestFiller() })],
]

export const attacks = [...algorithms, ...keys, ...headers, ...contents, ...edits, ...shapes]

const NO_TOKEN = 'no bearer token'

/** Whole `Authorization` headers, and the reason that must be logged. */
export const bearers: [shape: string, header: unknown, because: string][] = [
  ['missing', undefined, NO_TOKEN],
  ['null', null, NO_TOKEN],
  ['empty', '', NO_TOKEN],
  ['a number', 7, NO_TOKEN],
  ['an array', [`Bearer ${valid}`], NO_TOKEN],
  ['an object', { toString: 'x' }, NO_TOKEN],
  ['the token alone', valid, NO_TOKEN],
  ['the scheme alone', 'Bearer', NO_TOKEN],
  ['the scheme and a space', 'Bearer ', NO_TOKEN],
  ['no space', `Bearer${valid}`, NO_TOKEN],
  ['a tab', `Bearer\t${valid}`, NO_TOKEN],
  ['a colon', `Bearer: ${valid}`, NO_TOKEN],
  ['a space before', ` Bearer ${valid}`, NO_TOKEN],
  ['a space behind', `Bearer ${valid} `, NO_TOKEN],
  ['a line end behind', `Bearer ${valid}\n`, NO_TOKEN],
  ['text behind', `Bearer ${valid} x`, NO_TOKEN],
  ['a space in the token', `Bearer ${valid.replace('.', ' .')}`, NO_TOKEN],
  ['a line end in the token', `Bearer ${valid.replace('.', '.\n')}`, NO_TOKEN],
  ['a second token', `Bearer ${valid},Bearer ${valid}`, NO_TOKEN],
  ['two tokens with a comma', `Bearer ${valid},${valid}`, SHAPE],
  ['the token in quotes', `Bearer "${valid}"`, SHAPE],
  ['a parameter', `Bearer token=${valid}`, SHAPE],
  ['Basic', 'Basic dXNlcjp1c2Vy', NO_TOKEN],
  ['Basic with the token', `Basic ${valid}`, NO_TOKEN],
  ['DPoP', `DPoP ${valid}`, NO_TOKEN],
]

function signatureBytes(): Buffer {
  return Buffer.from(validSignature, 'base64url')
}

function withBitTurned(bytes: Buffer): Buffer {
  bytes.writeUInt8(bytes.readUInt8(128) ^ 1, 128)
  return bytes
}

function withTrailingBits(token: string): string {
  // 256 bytes end in a letter of two bits; the other four must be zero (RFC 4648 section 3.5).
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return token.slice(0, -1) + alphabet[alphabet.indexOf(token.slice(-1)) + 1]
}

function pss(): Signer {
  const key = { key: ours.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }
  return (input) => sign('sha256', input, key)
}

/** Returns random bytes in the form of a JWE (RFC 7516 section 3.1). */
function jwe(): string {
  const parts = [256, 12, 300, 16].map((size) => randomBytes(size).toString('base64url'))
  return [encode({ alg: 'RSA-OAEP', enc: 'A256GCM', typ: 'at+jwt', kid }), ...parts].join('.')
}

/** Returns the longest value of one more claim with which the token has at most 8 KiB. */
function largestFiller(): string {
  let filler = 'x'.repeat(5_000)
  while (claiming({ filler: `${filler}x` }).length <= 8_192) filler += 'x'
  return filler
}
