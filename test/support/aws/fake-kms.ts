import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import type { AwsCall } from '../../../lib/aws/client.ts'
import type { Table } from '../../../lib/aws/dynamodb.ts'
import type { IssuerSetting } from '../../../lib/tokens/issue.ts'
import { publicKeyFromSpki } from '../../../lib/tokens/public-keys.ts'

/** The DER-encoded SubjectPublicKeyInfo of a public key. */
export const spkiOf = (key: KeyObject) => key.export({ format: 'der', type: 'spki' })

/** An RSA key pair. */
export interface KeyPair {
  publicKey: KeyObject
  privateKey: KeyObject
  kid: string
}

/** Makes a new RSA key pair. */
export function newKeyPair(): KeyPair {
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return { ...pair, kid: publicKeyFromSpki(spkiOf(pair.publicKey)).kid }
}

/** KMS with its two operations and real keys. A test may put another key behind an alias. */
export function fakeKms(aliases: Record<string, KeyPair>) {
  const calls: string[] = []
  let failure: Error | undefined
  const aws: AwsCall = async (_service, operation, input) => {
    calls.push(operation)
    if (failure !== undefined) throw failure
    const { KeyId, Message } = input as { KeyId: string; Message: string }
    const key = aliases[KeyId]
    if (key === undefined) throw new Error(`no ${KeyId}`)
    return operation === 'Sign'
      ? { Signature: sign('sha256', Buffer.from(Message, 'base64'), key.privateKey).toString('base64') }
      : { PublicKey: spkiOf(key.publicKey).toString('base64') }
  }
  return {
    aws,
    calls,
    failWith(error: Error | undefined) {
      failure = error
    },
  }
}

const own = fakeKms({ own: newKeyPair() })

/** Settings of functions that issue access tokens with {@link withKms}. */
export const ISSUER = {
  SIGNING_KEY: 'own',
  TOKEN_ISSUER: 'https://issuer.example',
  TOKEN_AUDIENCE: 'the audience',
  TOKEN_TTL_SECONDS: 900,
} satisfies Record<IssuerSetting, unknown>

/** Returns a table whose calls of KMS reach a fake one. A test may take a step before each signature. */
export const withKms = <T extends Table>(table: T, beforeSigning = async () => {}): T => ({
  ...table,
  aws: async (...call: Parameters<AwsCall>) => {
    const [service, operation] = call
    if (service !== 'kms') return table.aws(...call)
    if (operation === 'Sign') await beforeSigning()
    return own.aws(...call)
  },
})
