import { allow, arnOf, read } from '../aws/access.ts'
import { REVOCATION_STATE } from '../users/revocation.ts'

/** The keys that are published: both during a key turnover, while functions that sign with the previous key still run. */
const KEYS = ['A', 'B'].map((key) => ({
  'Fn::If': [`Publishes${key}`, arnOf(`Key${key}`), { Ref: 'AWS::NoValue' }],
}))

/** Public keys of access tokens. */
export const readKeys = allow(['kms:GetPublicKey'], KEYS)

/** Signs access tokens, with one algorithm for each key (RFC 8725 section 3.1). */
export const sign = allow(['kms:Sign'], KEYS, {
  StringEquals: { 'kms:SigningAlgorithm': 'RSASSA_PKCS1_V1_5_SHA_256' },
})

/** Reads whether an access token is revoked. */
export const verifyTokens = read(['user#*'], REVOCATION_STATE, 'GetItem')
