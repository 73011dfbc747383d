import { jwtVerify } from 'jose'
import { afterAll, expect, test } from 'vitest'
import { readUnverified, verifyAccessToken } from '../../../lib/tokens/access-token.ts'
import { publicKeyFromSpki } from '../../../lib/tokens/public-keys.ts'
import { encode, signer } from '../../support/http/forge.ts'
import { randomFrom } from '../../support/interleave/choices.ts'
import { accepted, attacks, claims, NOW, ours, trap } from '../attacks.ts'
import { AUDIENCE, ISSUER } from '../authorizer.ts'
import { forged } from './forged.ts'

// jose verifies the same tokens with the same rules. The service may reject more, but must accept nothing that jose rejects.

const now = new Date(NOW * 1000)
const parties = { issuer: ISSUER, audience: AUDIENCE }
const ourKey = publicKeyFromSpki(ours.publicKey.export({ format: 'der', type: 'spki' }))
const keys = new Map([[ourKey.kid, ourKey]])
const header = { alg: 'RS256', typ: 'at+jwt', kid: ourKey.kid }
const byUs = signer(ours.privateKey)

let compared = 0
afterAll(() => {
  console.log(`jose: ${compared} tokens compared`)
  trap.close()
})

test('no attack and no forged token is accepted that jose rejects', async () => {
  // These two are revoked by the state of their user, which no verification knows.
  const faulty = attacks.filter(([, , because]) => because !== 'revoked')
  for (const [, token] of [...faulty, ...forged]) expect(await compare(token)).toBe(false)
  const withOurKey = accepted.filter(([what]) => what !== 'our second key')
  for (const [, token] of withOurKey) expect(await compare(token)).toBe(true)
})

const VALUES = [
  undefined,
  null,
  '',
  'RS256',
  'at+jwt',
  'AT+JWT',
  'application/at+jwt',
  'application/AT+JWT; x',
  'JWT',
  ourKey.kid,
  0,
  -1,
  NOW,
  NOW - 1,
  NOW + 1,
  NOW + 0.5,
  String(NOW + 60),
  1e300,
  true,
  [],
  [ISSUER],
  [AUDIENCE],
  {},
  ['exp'],
  ISSUER,
  AUDIENCE,
]
const HEADER_NAMES = ['alg', 'typ', 'kid', 'crit', 'b64', 'jwk', 'cty', 'zip', 'exp']
const CLAIM_NAMES = [...Object.keys(claims), 'nbf', 'cnf']

/** Returns the bytes with none, one or a few of them changed. */
function withBytesChanged(text: string, pick: (below: number) => number): Buffer {
  const bytes = Buffer.from(text)
  for (let change = pick(4) === 0 ? pick(3) : 0; change > 0; change -= 1) {
    bytes.writeUInt8(pick(256), pick(bytes.length))
  }
  return bytes
}

test('no token that our key signs over changed members and bytes is accepted that jose rejects', async () => {
  const random = randomFrom(20_261_128)
  const pick = (below: number) => Math.floor(random() * below)
  const change = (members: object, names: readonly string[]) => {
    const changes = Array.from({ length: pick(3) }, () => [
      names[pick(names.length)],
      VALUES[pick(VALUES.length)],
    ])
    return { ...members, ...Object.fromEntries(changes) }
  }
  let acceptedTokens = 0
  for (let round = 0; round < 1_500; round += 1) {
    const parts = [change(header, HEADER_NAMES), change(claims, CLAIM_NAMES)]
    const input = parts.map((part) => encode(withBytesChanged(JSON.stringify(part), pick))).join('.')
    const signature = byUs(Buffer.from(input)).toString('base64url')
    if (await compare(`${input}.${signature}`)) acceptedTokens += 1
  }
  // Without these, a service that rejects every token would pass.
  expect(acceptedTokens).toBeGreaterThan(100)
})

test('no change of one character of a valid token is accepted', async () => {
  const [[, valid]] = accepted as [[string, string]]
  for (let at = 0; at < valid.length; at += 1) {
    const other = valid[at] === 'A' ? 'B' : 'A'
    expect(await compare(valid.slice(0, at) + other + valid.slice(at + 1))).toBe(false)
    expect(await compare(valid.slice(0, at) + valid.slice(at + 1))).toBe(false)
  }
})

function isAcceptedByService(token: string): boolean {
  try {
    verifyAccessToken(readUnverified(token), keys, parties, now)
    return true
  } catch {
    return false
  }
}

const isAcceptedByJose = (token: string): Promise<boolean> =>
  jwtVerify(token, ours.publicKey, {
    algorithms: ['RS256'],
    typ: 'at+jwt',
    ...parties,
    requiredClaims: Object.keys(claims),
    currentDate: now,
  }).then(
    () => true,
    () => false,
  )

/** Compares the verdicts, and returns whether the service accepts the token. */
async function compare(token: string): Promise<boolean> {
  const isAccepted = isAcceptedByService(token)
  if (isAccepted) expect(await isAcceptedByJose(token), token).toBe(true)
  compared += 1
  return isAccepted
}
