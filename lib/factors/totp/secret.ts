import type { AwsCall } from '../../aws/client.ts'
import { ServiceError } from '../../errors.ts'

// KMS authenticates the context together with the ciphertext. A ciphertext that is copied to another user's item does not decrypt.
// https://docs.aws.amazon.com/kms/latest/developerguide/encrypt_context.html
const contextOf = (userId: string) => ({ user: userId })

/**
 * Encrypts a secret of a user in KMS.
 *
 * @param keyName - Alias of a symmetric key.
 * @returns The ciphertext in base64. It can be decrypted only for this user.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function encryptSecret(
  aws: AwsCall,
  keyName: string,
  userId: string,
  secret: Buffer,
): Promise<string> {
  const { CiphertextBlob } = await aws('kms', 'Encrypt', {
    KeyId: keyName,
    Plaintext: secret.toString('base64'),
    EncryptionContext: contextOf(userId),
  })
  return required(CiphertextBlob)
}

/**
 * Decrypts a secret of a user in KMS.
 *
 * @param ciphertext - See {@link encryptSecret}.
 * @throws {@link ServiceError} `unavailable`, also if the ciphertext belongs to another user: then the table
 *   has an invalid item.
 */
export async function decryptSecret(
  aws: AwsCall,
  keyName: string,
  userId: string,
  ciphertext: string,
): Promise<Buffer> {
  const { Plaintext } = await aws('kms', 'Decrypt', {
    KeyId: keyName,
    CiphertextBlob: ciphertext,
    EncryptionContext: contextOf(userId),
  })
  return Buffer.from(required(Plaintext), 'base64')
}

function required(value: unknown): string {
  if (typeof value === 'string' && value !== '') return value
  throw new ServiceError('unavailable', 'KMS returned no text')
}
