import type { AwsCall } from '../../aws/client.ts'
import { decrypt, encrypt } from '../../aws/encryption.ts'

const contextOf = (userId: string) => ({ user: userId })

/** Encrypts a secret of a user in KMS; see {@link encrypt}. */
export const encryptSecret = (
  aws: AwsCall,
  keyName: string,
  userId: string,
  secret: Buffer,
): Promise<string> => encrypt(aws, keyName, contextOf(userId), secret)

/** Decrypts a secret of a user in KMS; see {@link decrypt}. */
export const decryptSecret = (
  aws: AwsCall,
  keyName: string,
  userId: string,
  ciphertext: string,
): Promise<Buffer> => decrypt(aws, keyName, contextOf(userId), ciphertext)
