import type { AwsCall } from '../aws/client.ts'
import { ServiceError } from '../errors.ts'

// KMS authenticates the context together with the ciphertext. The key is that of second factors, whose context has another name: IAM
// lets no function decrypt both.
// https://docs.aws.amazon.com/kms/latest/developerguide/encrypt_context.html
const contextOf = (providerId: string) => ({ provider: providerId })

/**
 * Encrypts the secret of a provider in KMS.
 *
 * @param keyName - Alias of the key of second factors.
 * @returns The ciphertext in base64. It can be decrypted only for this provider.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function encryptProviderSecret(
  aws: AwsCall,
  keyName: string,
  providerId: string,
  secret: string,
): Promise<string> {
  const { CiphertextBlob } = await aws('kms', 'Encrypt', {
    KeyId: keyName,
    Plaintext: Buffer.from(secret).toString('base64'),
    EncryptionContext: contextOf(providerId),
  })
  return required(CiphertextBlob)
}

/**
 * Decrypts the secret of a provider in KMS.
 *
 * @throws {@link ServiceError} `unavailable`, also if the ciphertext belongs to another provider.
 */
export async function decryptProviderSecret(
  aws: AwsCall,
  keyName: string,
  providerId: string,
  ciphertext: string,
): Promise<string> {
  const { Plaintext } = await aws('kms', 'Decrypt', {
    KeyId: keyName,
    CiphertextBlob: ciphertext,
    EncryptionContext: contextOf(providerId),
  })
  return Buffer.from(required(Plaintext), 'base64').toString()
}

function required(value: unknown): string {
  if (typeof value === 'string' && value !== '') return value
  throw new ServiceError('unavailable', 'KMS returned no text')
}
