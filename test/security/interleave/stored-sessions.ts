import { allItems } from '../../../lib/aws/pages.ts'
import { nextSecret, withSecret } from '../../../lib/sessions/refresh-token.ts'
import { profileKey } from '../../../lib/users/store.ts'
import type { End } from '../../support/interleave/history.ts'
import { partsOf } from '../../support/users/sessions.ts'
import type { Report } from './act.ts'
import type { Facts } from './facts.ts'
import type { KnownSession, KnownToken, UserScene } from './scene.ts'

/** Returns the violations in which sessions and access tokens are valid. */
export async function violationsOfSessions(
  scene: UserScene,
  ends: readonly End<Report>[],
  facts: Facts,
): Promise<string[]> {
  const { salts, endless } = await storedSessions(scene, facts)
  const found = endless.map((id) => `${id} never expires`)
  for (const renewal of facts.renewals) {
    if (facts.revokedBefore(renewal).length > 0) found.push(`${renewal.id} is renewed after a revocation`)
  }
  for (const token of scene.tokens) found.push(...(await violationsOfToken(scene, token, facts)))
  for (const session of scene.sessions) {
    const own = tokensOf(session, facts.authTimeOf(session))
    const refreshToken = newestOf(own, salts.get(session.id))
    for (const earlier of session.refreshTokens.filter((token) => !own.includes(token)).slice(0, 1)) {
      const { status } = await scene.functions.ask('refresh', { body: { refreshToken: earlier } })
      if (status !== 409 && status !== 401) found.push(`an earlier token of ${session.id} gets ${status}`)
    }
    const { status } = await scene.functions.ask('refresh', { body: { refreshToken } })
    const isExpected = facts.isSessionLive(session)
    if (status === 200 && !isExpected) found.push(`session ${session.id} is live`)
    // A client that got 503 may hold a token that was replaced since.
    const isUncertain = ends.some(({ value }) => value?.session === session && value.status === 503)
    if (status !== 200 && isExpected && !isUncertain) found.push(`session ${session.id} is lost: ${status}`)
  }
  return found
}

async function violationsOfToken(
  { functions }: UserScene,
  token: KnownToken,
  facts: Facts,
): Promise<string[]> {
  const isValid = await functions.opens(token.authToken)
  if (isValid === facts.isTokenValid(token)) return []
  const step = facts.readAt(token.by, token.userId)
  return [`an access token from step ${step} is ${isValid ? 'valid' : 'invalid'}`]
}

/** Returns the salt of each stored session, and the sort keys of items that would stay forever. */
async function storedSessions({ table }: UserScene, facts: Facts) {
  const salts = new Map<string, string>()
  const endless: string[] = []
  for (const userId of facts.userIds) {
    const items = await allItems(table, 'Query', {
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': profileKey(userId).pk },
    })
    for (const { sk, salt, expiresAt } of items) {
      const sortKey: string = Object(sk).S
      if (expiresAt === undefined && sortKey !== 'profile') endless.push(sortKey)
      if (salt) salts.set(sortKey.replace(/^session#/, ''), Object(salt).S)
    }
  }
  return { salts, endless }
}

/** Returns the tokens of a sign-in of a session. */
const tokensOf = ({ refreshTokens }: KnownSession, authTime: number): string[] =>
  refreshTokens.filter((token) => partsOf(token).authTime === authTime)

/** Returns the token of a sign-in that replaced all others. */
export function newestOf([first = '', ...others]: readonly string[], salt: string | undefined): string {
  if (first === '') return first
  let newest = first
  for (let next = newest; salt !== undefined; newest = next) {
    next = withSecret(newest, nextSecret({ salt }, partsOf(newest).secret))
    if (!others.includes(next)) break
  }
  return newest
}
