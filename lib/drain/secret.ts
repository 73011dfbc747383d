import type { AwsCall } from '../aws/client.ts'
import { decrypt, encrypt } from '../aws/encryption.ts'

// The key is that of second factors and of providers, whose contexts have other names: IAM lets no function decrypt another's.
const CONTEXT = { passwords: 'url' }

/** Seals the secret of the endpoint of passwords in KMS; see {@link encrypt}. */
export const sealPasswordsSecret = (aws: AwsCall, keyName: string, secret: string): Promise<string> =>
  encrypt(aws, keyName, CONTEXT, Buffer.from(secret))

/** Opens the sealed secret of the endpoint of passwords in KMS; see {@link decrypt}. */
export const openPasswordsSecret = async (aws: AwsCall, keyName: string, sealed: string): Promise<string> =>
  String(await decrypt(aws, keyName, CONTEXT, sealed))
