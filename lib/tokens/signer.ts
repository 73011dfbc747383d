import { verify } from 'node:crypto'
import type { AwsCall } from '../aws/client.ts'
import { ServiceError } from '../errors.ts'
import { FAILED_READ_PAUSE_MS, type PublicKey, readPublicKey } from './public-keys.ts'

/**
 * Creates a signer that uses RS256 in KMS. A function has one for all its requests. The private key never
 * leaves KMS.
 *
 * The signer caches the key's public half and verifies every signature with it, which costs a hundredth of
 * the call. If a signature is not valid, the alias points to another key now. The signer then reads the
 * public half again and signs once more. A failed read is repeated after a pause of at most a second, with
 * full jitter. Until then, signing fails without a call.
 *
 * @returns A function that returns a compact JWS (RFC 7515 section 3.1). Its `keyName` is the alias
 *   or id of the signing key. Its `signingInputFor` returns the JWS signing input for the `kid` that
 *   will sign it. It throws {@link ServiceError} `unavailable`.
 */
export function kmsSigner() {
  let cached: PublicKey | undefined
  let failed: { error: unknown; nextReadAtMs: number } | undefined

  async function read(aws: AwsCall, keyName: string, nowMs: number): Promise<PublicKey> {
    if (failed !== undefined && nowMs < failed.nextReadAtMs) throw failed.error
    try {
      return await readPublicKey(aws, keyName)
    } catch (error) {
      failed = { error, nextReadAtMs: nowMs + Math.random() * FAILED_READ_PAUSE_MS }
      throw error
    }
  }

  return async (
    aws: AwsCall,
    keyName: string,
    signingInputFor: (kid: string) => string,
    now: Date,
  ): Promise<string> => {
    for (let attempt = 1; attempt <= 2; attempt += 1) {
      cached ??= await read(aws, keyName, now.getTime())
      const input = signingInputFor(cached.kid)
      const { Signature } = await aws('kms', 'Sign', {
        KeyId: keyName,
        Message: Buffer.from(input).toString('base64'),
        MessageType: 'RAW',
        SigningAlgorithm: 'RSASSA_PKCS1_V1_5_SHA_256',
      })
      const signature = Buffer.from(typeof Signature === 'string' ? Signature : '', 'base64')
      if (verify('sha256', Buffer.from(input), cached.key, signature)) {
        return `${input}.${signature.toString('base64url')}`
      }
      cached = undefined
    }
    throw new ServiceError('unavailable', 'KMS returned a signature that its public key does not verify')
  }
}
