import { ServiceError } from '../errors.ts'
import type { AwsCall } from './client.ts'

/**
 * Whose secret it is, by one name. KMS authenticates it together with the ciphertext, so a ciphertext that is copied to another item
 * does not decrypt. IAM compares the name.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/encrypt_context.html
 */
type EncryptionContext = Record<string, string>

/**
 * Encrypts a secret in KMS.
 *
 * @param keyName - Alias of a symmetric key.
 * @returns The ciphertext in base64. It can be decrypted only with this context.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function encrypt(
  aws: AwsCall,
  keyName: string,
  context: EncryptionContext,
  secret: Buffer,
): Promise<string> {
  const { CiphertextBlob } = await aws('kms', 'Encrypt', {
    KeyId: keyName,
    Plaintext: secret.toString('base64'),
    EncryptionContext: context,
  })
  return required(CiphertextBlob)
}

/**
 * Decrypts a secret in KMS.
 *
 * @param ciphertext - See {@link encrypt}.
 * @throws {@link ServiceError} `unavailable`, also if the ciphertext has another context: then the table has an invalid item.
 */
export async function decrypt(
  aws: AwsCall,
  keyName: string,
  context: EncryptionContext,
  ciphertext: string,
): Promise<Buffer> {
  const { Plaintext } = await aws('kms', 'Decrypt', {
    KeyId: keyName,
    CiphertextBlob: ciphertext,
    EncryptionContext: context,
  })
  return Buffer.from(required(Plaintext), 'base64')
}

function required(value: unknown): string {
  if (typeof value === 'string' && value !== '') return value
  throw new ServiceError('unavailable', 'KMS returned no text')
}
