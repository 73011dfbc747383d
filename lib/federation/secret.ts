import type { AwsCall } from '../aws/client.ts'
import { decrypt, encrypt } from '../aws/encryption.ts'

// The key is that of second factors, whose context has another name: IAM lets no function decrypt both.
const contextOf = (providerId: string) => ({ provider: providerId })

/** Encrypts the secret of a provider in KMS; see {@link encrypt}. */
export const encryptProviderSecret = (
  aws: AwsCall,
  keyName: string,
  providerId: string,
  secret: string,
): Promise<string> => encrypt(aws, keyName, contextOf(providerId), Buffer.from(secret))

/** Decrypts the secret of a provider in KMS; see {@link decrypt}. */
export const decryptProviderSecret = async (
  aws: AwsCall,
  keyName: string,
  providerId: string,
  ciphertext: string,
): Promise<string> => String(await decrypt(aws, keyName, contextOf(providerId), ciphertext))
