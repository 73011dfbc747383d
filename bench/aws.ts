import { type ChildProcess, fork } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { awsClient, withTimeout } from '../lib/aws/client.ts'
import type { AwsSettings } from '../lib/aws/settings.ts'
import { hashPassword, SALT_BYTES } from '../lib/passwords/hash.ts'
import { secondOf } from '../lib/time.ts'
import { accessTokenInput, type TokenParties } from '../lib/tokens/access-token.ts'
import { readPublicKey } from '../lib/tokens/public-keys.ts'
import { kmsSigner } from '../lib/tokens/signer.ts'
import { createUser } from '../lib/users/names.ts'
import { newUser, USER_RANDOM_BYTES, type User } from '../lib/users/user.ts'
import { DEMO_USERS, localAct } from '../local/aws.ts'
import { completeEvent } from '../local/sample-events.ts'
import { sampleOf, samplesOf } from '../local/samples.ts'
import { fillTokens } from '../local/tokens.ts'
import type { Service } from './bundles.ts'

const PATIENCE_MS = 10_000
const TOKENS_AT_ONCE = 50

/** Sample events of functions that are not measured by their first route. */
export const MEASURED: Record<string, string> = {
  metadata: 'GET /.well-known/openid-configuration',
  'login-passkey': 'POST /login/passkey',
}

/** Addresses of the process that stands in for AWS. */
export interface Urls {
  dynamodb: string
  kms: string
  lambda: string
  ses: string
}

/** Starts a script that stands in for AWS and sends its addresses. It ends when it is disconnected. */
async function startAws(
  script: URL,
  args: string[],
  region: string,
): Promise<{ child: ChildProcess; settings: AwsSettings; environment: Record<string, string> }> {
  const child = fork(fileURLToPath(script), args)
  const [urls] = (await once(child, 'message')) as [Urls]
  const credentials = { accessKeyId: 'bench', secretAccessKey: 'bench' }
  return {
    child,
    settings: {
      region,
      credentials,
      endpoints: { dynamodb: new URL(urls.dynamodb), kms: new URL(urls.kms) },
    },
    // The variables that Lambda and the local service set for functions.
    environment: {
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_ENDPOINT_URL_DYNAMODB: urls.dynamodb,
      AWS_ENDPOINT_URL_KMS: urls.kms,
      AWS_ENDPOINT_URL_LAMBDA: urls.lambda,
      AWS_ENDPOINT_URL_SESV2: urls.ses,
    },
  }
}

/** The running stand-in for AWS. Its store has the demo users, whose passwords are their names. */
export interface StandIn {
  /** Id of its process. */
  pid: number
  environment: Record<string, string>
  /** The stored hash of the password `user`. */
  passwordHash: string
  /** The signing key's public key as PEM. */
  publicKey: string
  parties: TokenParties
  /** The sample event of each function, with valid tokens. */
  events: Record<string, object>
  /** Different access tokens of that user. */
  tokens: string[]
  stop(): void
}

/** @param tokenCount - How many tokens to sign. */
export async function startStandIn(service: Service, tokenCount: number): Promise<StandIn> {
  const { provider, custom, functions } = service
  const { signingKey, tableName } = custom.auth
  const aliases = String(functions.metadata?.environment?.PUBLISHED_KEYS).split(',')
  const script = new URL('./stand-in.ts', import.meta.url)
  const { child, settings, environment } = await startAws(
    script,
    [provider.region, ...aliases],
    provider.region,
  )
  const aws = withTimeout(awsClient(settings), PATIENCE_MS)
  const stop = () => child.disconnect()

  const users: User[] = []
  for (const { username, role } of DEMO_USERS) {
    const passwordHash = await hashPassword(username, randomBytes(SALT_BYTES))
    users.push(newUser({ username, role, passwordHash }, new Date(), randomBytes(USER_RANDOM_BYTES)))
  }
  for (const user of users) await createUser({ aws, name: tableName }, user, localAct(new Date()))
  const [user] = users
  if (user === undefined) throw new Error('local/aws.ts has no demo users')

  const { key } = await readPublicKey(aws, signingKey)
  const parties = { issuer: custom.auth.tokens.TOKEN_ISSUER, audience: custom.auth.tokens.TOKEN_AUDIENCE }
  const source = { aws: { settings }, table: tableName, signingKey, parties }
  const events = await Promise.all(
    Object.entries(functions).map(async ([name, definition]) => {
      const file = new URL(`../events/${name}.json`, import.meta.url)
      const derived = name in MEASURED ? samplesOf(definition)[String(MEASURED[name])] : sampleOf(definition)
      const event = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : derived
      return [name, await fillTokens(completeEvent(event), source, new Date())]
    }),
  )
  child.send('begin')

  const sign = kmsSigner()
  const makeToken = () => {
    const now = new Date()
    const session = { id: 'bench-session', authTime: secondOf(now), amr: 'pwd' }
    const details = { parties, ttlSeconds: 1800, tokenId: randomUUID() }
    return sign(aws, signingKey, accessTokenInput(user, session, details, now), now)
  }
  const tokens: string[] = []
  while (tokens.length < tokenCount) {
    tokens.push(...(await Promise.all(Array.from({ length: TOKENS_AT_ONCE }, makeToken))))
  }
  return {
    pid: Number(child.pid),
    environment,
    passwordHash: user.passwordHash,
    publicKey: key.export({ format: 'pem', type: 'spki' }).toString(),
    parties,
    events: Object.fromEntries(events),
    tokens: tokens.slice(0, tokenCount),
    stop,
  }
}
