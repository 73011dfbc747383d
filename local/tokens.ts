import { generateKeyPairSync, randomUUID, sign } from 'node:crypto'
import { awsClient } from '../lib/aws.ts'
import { kmsSigner } from '../lib/keys.ts'
import { accessTokenInput, type TokenPolicy } from '../lib/tokens.ts'
import { DEMO_USERS, type LocalAws } from './aws.ts'

const PATIENCE_MS = 10_000

/**
 * Fills the places in a sample event where a token belongs. Event files hold no token: the keys are new
 * in every run, and a real token has no place in a file.
 *
 * `{{user token}}` and `{{admin token}}` become what `POST /login` would give that demo user now,
 * `{{expired user token}}` what it gave an hour ago, `{{forged admin token}}` one that names our key and is
 * signed by another.
 *
 * @param event - Any JSON value.
 * @param aws - Whose key signs.
 * @param signingKey - Name of that key.
 * @param policy - Issuer and audience to write into the tokens.
 * @param now - Instant the tokens are issued at.
 * @returns The event with every place filled.
 * @throws RangeError for a place that is none of these.
 */
export async function fillTokens<T>(
  event: T,
  aws: LocalAws,
  signingKey: string,
  policy: TokenPolicy,
  now: Date,
): Promise<T> {
  const text = JSON.stringify(event)
  const places = new Set(text.match(/\{\{[^}]*\}\}/g) ?? [])
  const signWithKms = kmsSigner(awsClient(aws.settings), signingKey)
  let filled = text
  for (const place of places) {
    const [, kind, username] = /^\{\{(?:(expired|forged) )?(\S+) token\}\}$/.exec(place) ?? []
    const user = DEMO_USERS.find((demo) => demo.username === username)
    if (user === undefined) throw new RangeError(`sample events have no ${place}`)
    const issuedAt = kind === 'expired' ? new Date(now.getTime() - 3_600_000) : now
    const input = accessTokenInput(user, policy, 1800, issuedAt, randomUUID())
    const token = await signWithKms(input, Date.now() + PATIENCE_MS)
    filled = filled.replaceAll(place, kind === 'forged' ? signWithOtherKey(token) : token)
  }
  return JSON.parse(filled)
}

function signWithOtherKey(token: string): string {
  const input = token.slice(0, token.lastIndexOf('.'))
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return `${input}.${sign('sha256', Buffer.from(input), privateKey).toString('base64url')}`
}
