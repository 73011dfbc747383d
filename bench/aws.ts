import { fork } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { awsClient } from '../lib/aws.ts'
import { kmsSigner, readPublicKey } from '../lib/keys.ts'
import { hashPassword, SALT_BYTES } from '../lib/passwords.ts'
import { addUser } from '../lib/store.ts'
import { accessTokenInput } from '../lib/tokens.ts'
import type { Service } from './bundles.ts'

const PATIENCE_MS = 10_000
const TOKENS_AT_ONCE = 50

/** The stand-in for AWS, running, with the user `user` in its store. */
export interface StandIn {
  /** What Lambda and a developer would put into the functions' environment. */
  environment: Record<string, string>
  /** The stored hash of that user's password, `user`. */
  passwordHash: string
  /** PEM of the key that signs. */
  publicKey: string
  /** Signs access tokens of that user, no two alike. */
  makeTokens(count: number): Promise<string[]>
  stop(): void
}

export async function startStandIn({ provider, custom, functions }: Service): Promise<StandIn> {
  const { region } = provider
  const { signingKey, tableName } = custom
  const aliases = String(functions.jwks?.environment?.PUBLISHED_KEYS).split(',')
  const child = fork(fileURLToPath(new URL('./stand-in.ts', import.meta.url)), [region, ...aliases])
  const [urls] = (await once(child, 'message')) as [{ dynamodb: string; kms: string }]
  const credentials = { accessKeyId: 'bench', secretAccessKey: 'bench' }
  const endpoints = { dynamodb: new URL(urls.dynamodb), kms: new URL(urls.kms) }
  const aws = awsClient({ region, credentials, endpoints })
  const deadline = () => Date.now() + PATIENCE_MS

  const user = { username: 'user', role: 'user' as const, disabled: false, createdAt: '-', changedAt: '-' }
  const passwordHash = hashPassword('user', randomBytes(SALT_BYTES))
  await addUser(aws, tableName, { ...user, passwordHash }, deadline())

  const { key } = await readPublicKey(aws, signingKey, deadline())
  const policy = { issuer: custom.tokens.TOKEN_ISSUER, audience: custom.tokens.TOKEN_AUDIENCE }
  const sign = kmsSigner(aws, signingKey)
  const makeToken = () => sign(accessTokenInput(user, policy, 1800, new Date(), randomUUID()), deadline())
  return {
    environment: {
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_ENDPOINT_URL_DYNAMODB: urls.dynamodb,
      AWS_ENDPOINT_URL_KMS: urls.kms,
    },
    passwordHash,
    publicKey: key.export({ format: 'pem', type: 'spki' }).toString(),
    async makeTokens(count) {
      const tokens: string[] = []
      while (tokens.length < count) {
        tokens.push(...(await Promise.all(Array.from({ length: TOKENS_AT_ONCE }, makeToken))))
      }
      return tokens.slice(0, count)
    },
    stop: () => child.disconnect(),
  }
}
