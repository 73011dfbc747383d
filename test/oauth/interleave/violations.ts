import { type Item, number, texts } from '../../../lib/aws/dynamodb.ts'
import { allItems } from '../../../lib/aws/pages.ts'
import { codeKey } from '../../../lib/oauth/codes/code.ts'
import { appKey } from '../../../lib/oauth/grants/app.ts'
import { newestOf } from '../../security/interleave/stored-sessions.ts'
import type { Attempt } from '../../support/aws/gate.ts'
import { claimsOf } from '../../support/http/forge.ts'
import type { History } from '../../support/interleave/history.ts'
import { type ActName, isRefusal, type Report } from './acts.ts'
import type { Facts } from './facts.ts'
import { CLIENT_IDS, exchange, type KnownCode, type KnownGrant, type OauthScene, refresh } from './scene.ts'

const STATUSES: unknown[] = [undefined, 200, 204, 400, 401, 404, 409, 503]

const FAULT = /^\d+ (lost|unanswered|late|twice) /

const isExchange = (name: ActName | undefined) => String(name).startsWith('exchange')

/** A schedule that has ended. */
export interface Ended {
  names: readonly ActName[]
  history: History<Report>
  facts: Facts
  tickMs: number
}

/** Returns the violations in how operations ended. */
export const violationsOfReports = ({ names, history: { ends } }: Ended): string[] =>
  ends.flatMap(({ value, error }, by) => {
    const isExpected = error === undefined ? STATUSES.includes(value?.status) : isRefusal(error)
    return isExpected
      ? []
      : [`${names[by]} ends with ${(error as Error | undefined)?.stack ?? value?.status}`]
  })

/**
 * Returns the violations of the rule that an operation succeeds, if nothing that happens could refuse it. With lost and late requests it
 * may end with 503, and with no refusal.
 */
export function violationsOfRefusals({ names, history: { ends, trace }, tickMs }: Ended): string[] {
  const isCalm = names.every(
    (name, by) => HARMLESS.test(name) && (!isExchange(name) || names.indexOf(name) === by),
  )
  // A request that others hold up for longer than the function has ends with 503.
  if (!isCalm || tickMs > 0) return []
  const isFaulty = trace.some((line) => FAULT.test(line))
  return ends.flatMap(({ value: { status = 200, isIssued } = {} }, by) => {
    const isRefused = isFaulty ? status >= 400 && status < 500 : status !== 200 || isIssued === false
    return isRefused ? [`${names[by]} is refused for no reason`] : []
  })
}

const HARMLESS = /^(approve|first approval|exchange|refresh (web|native)$)/

/**
 * Returns the violations in alarms. A code is used again only if two requests exchange it. A client that got no response repeats its
 * request, which is no reuse if the grant of the first one could be ended. A refresh token is used again only if there is a copy, or if
 * a client that lost a response waits.
 */
export function violationsOfAlarms({ alarms }: OauthScene, { names, history, tickMs }: Ended): string[] {
  const { ends } = history
  const exchanged = ends.flatMap(({ value }) => value?.code ?? [])
  const used = [...ends.entries()].filter(
    ([, { value }]) => value?.code && exchanged.filter((one) => one === value.code).length > 1,
  )
  const [first, second] = used
  const isHonest =
    used.length === 2 &&
    first?.[1].value?.status === 503 &&
    Number(second?.[1].began) > first[1].ended &&
    history.arrivals.some((arrival) => arrival.by === first[0] && isAbandonment(arrival))
  const isCodePossible = used.length > 0 && !isHonest
  const isTokenPossible =
    names.includes('refresh native with a copied token') ||
    (names.includes('refresh native') && (tickMs > 0 || names.some(isTime)))
  return [
    ...(alarms.includes('code.reused') && !isCodePossible ? ['a false alarm: code.reused'] : []),
    ...(alarms.includes('grant.reuse') && !isTokenPossible ? ['a false alarm: grant.reuse'] : []),
  ]
}

/**
 * Returns the violations of the rules of reuse: a code that is exchanged twice ends its grant, also if both requests come at once, and so
 * does a refresh token that was replaced. A refresh fails if the grant ended before its write.
 */
export function violationsOfReuse(
  { grants }: OauthScene,
  { names, history: { ends, arrivals, trace }, facts }: Ended,
): string[] {
  if (trace.some((line) => FAULT.test(line)) || names.some(isTime)) return []
  const hasEnded = ({ id }: KnownGrant) => facts.endedAfter(`grant ${id}`, -1) !== undefined
  const exchanged = ends.flatMap(({ value }) => value?.code ?? [])
  const isTwice = ({ code }: KnownGrant) => exchanged.filter((one) => one === code).length > 1
  const twice = names.every(isExchange) ? grants.filter((one) => isTwice(one) && !hasEnded(one)) : []
  return [
    ...twice.map(({ code }) => `a code of ${code.client} was exchanged twice, and its grant has not ended`),
    ...ends.flatMap(({ value }, by) => {
      const { grant, status } = value ?? {}
      if (grant === undefined) return []
      const isCopy = names[by] === 'refresh native with a copied token' && status === 400
      const isOver = facts.endOf(grant, grant.code.scope.includes('offline_access')) !== undefined
      const ending = facts.endedAfter(`grant ${grant.id}`, -1)
      const isRefused = arrivals.some(
        ({ step, isDone, input, ...arrival }) =>
          arrival.by === by && !isDone && ending && step > ending.step && isOf(grant, input),
      )
      return [
        ...(isCopy && !isOver ? ['a copied token was used, and its grant has not ended'] : []),
        ...(isRefused && status === 200 ? ['a refresh succeeds after the end of its grant'] : []),
      ]
    }),
  ]
}

const isOf = ({ id }: KnownGrant, input: Attempt['input']): boolean => input.Key?.sk.S === `grant#${id}`

/** Whether a request ended a grant whose own write had an unknown outcome. */
const isAbandonment = ({ operation, input, isDone }: History<Report>['arrivals'][number]): boolean =>
  isDone && operation === 'UpdateItem' && /^SET endedAt = /.test(input.UpdateExpression)

/** Returns the violations in what was written. */
export function violationsOfWrites({ codes }: OauthScene, { names, facts, history }: Ended): string[] {
  const found: string[] = []
  const spent = facts.spendings.map(({ code }) => code)
  if (new Set(spent).size < spent.length) found.push('a code is spent twice')
  for (const { code, step, by } of facts.spendings) {
    const known = codes.find((one) => hashIn(one) === code)
    const user = known && facts.endings.find(isBefore('user', facts.userReadAt(known), step))
    if (user) found.push(`${names[by]} stores a grant after ${names[user.by]}`)
    const session = facts.endings.find((one) => one.source.startsWith('session ') && one.step < step)
    if (session && known?.by === -1) found.push(`${names[by]} stores a grant after ${names[session.by]}`)
  }
  for (const { source, by } of facts.endings) {
    const name = names[by] ?? ''
    const mayEnd = isExchange(name as ActName) || ENDS_GRANTS.test(name)
    const isKnown = history.ends[by] !== undefined
    if (source.startsWith('grant ') && isKnown && !mayEnd) found.push(`${name} ends a ${source}`)
  }
  return found
}

/** Whether an operation lets time pass. */
const isTime = (name: ActName): boolean => /minute|day/.test(name)

/** What ends a single grant: the reuse of its code or token, the end of its session in the list, time, and the end of its user. */
const ENDS_GRANTS = /copied token|^refresh native$|^end session|day|^delete me$|^remove user$/

const isBefore = (source: string, after: number, before: number) => (one: Facts['endings'][number]) =>
  one.source === source && one.step > after && one.step < before

const hashIn = ({ code }: KnownCode): string => codeKey(code).pk.S.replace('code#', '')

/** Returns the violations in which consents count: none that is older than the latest revocation of its app. */
export async function violationsOfConsents(scene: OauthScene, { facts }: Ended): Promise<string[]> {
  const items = await itemsOf(scene, `grants#${scene.userId}`)
  return CLIENT_IDS.flatMap((client) => {
    const revoked = facts.endedAfter(`app ${client}`, -1)
    const app = items.get(appKey(scene.userId, client).sk.S)
    const isNew = facts.consents.some(
      (one) => one.app === `app ${client}` && one.step > Number(revoked?.step),
    )
    return revoked && app && texts(app, 'scopes').length > 0 && !isNew
      ? [`a consent to ${client} is revived`]
      : []
  })
}

/** Returns the violations in which grants, access tokens and codes are valid: each is used once more. */
export async function violationsOfUse(scene: OauthScene, ended: Ended): Promise<string[]> {
  const found: string[] = []
  const grants = await itemsOf(scene, `grants#${scene.userId}`)
  const sessions = await itemsOf(scene, `user#${scene.userId}`)
  const isOver = (item: Item | undefined) =>
    item === undefined || number(item, 'expiresAt') <= Date.now() / 1_000
  const isSessionOver = (id: string) => isOver(sessions.get(`session#${id}`))
  const isUnknown = (client: string) => client === 'shop' && isUncertain(ended, 'add client')

  for (const grant of scene.grants) {
    const isOffline = grant.code.scope.includes('offline_access')
    const item = grants.get(`grant#${grant.id}`)
    const end = ended.facts.endOf(grant, isOffline)
    const isTimedOut = isOver(item) || (!isOffline && isSessionOver(grant.sessionId))
    const isExpected = end === undefined && !isTimedOut
    const what = `the grant of ${grant.code.client} ${grant.code.scope} (code of ${grant.code.by})`
    if (isOffline && item !== undefined && !item.endedAt && isEndedInList(ended, grant.sessionId))
      found.push(`${what} outlives the end of its session in the list`)
    const isTokenUncertain = isGrantUncertain(ended, grant)
    for (const token of isTokenUncertain ? [] : grant.accessTokens.slice(-1)) {
      const isValid = claimsOf(token).exp > Date.now() / 1_000
      const { status } = await scene.functions.ask('userinfo', {
        headers: { Authorization: `Bearer ${token}` },
      })
      if ((status === 200) !== (isExpected && isValid)) found.push(`${what}: /userinfo responds ${status}`)
    }
    const refreshToken = newestOf(grant.refreshTokens, Object(item?.salt).S)
    const { status } = await refresh(scene, grant, refreshToken)
    if (status === 503) found.push(`${what} responds 503`)
    if (status === 200 && !isExpected) found.push(`${what} is live`)
    if (status !== 200 && isExpected && !isTokenUncertain && !isUnknown(grant.code.client))
      found.push(`${what} is lost: ${status}`)
  }
  for (const code of scene.codes) found.push(...(await violationsOfCode(scene, ended, code, isSessionOver)))
  return found
}

/** Whether the user ended a session in the list, and got the response that it has ended. */
const isEndedInList = ({ names, facts, history: { ends } }: Ended, sessionId: string): boolean =>
  facts.endings.some(
    ({ source, by }) =>
      source === `session ${sessionId}` && names[by] === 'end session' && ends[by]?.value?.status === 204,
  )

async function violationsOfCode(
  scene: OauthScene,
  ended: Ended,
  code: KnownCode,
  isSessionOver: (id: string) => boolean,
): Promise<string[]> {
  const { facts } = ended
  const item = (await itemsOf(scene, codeKey(code.code).pk.S)).get('code')
  const before = scene.grants.length
  const sessionId = Object(item?.sessionId).S
  const isFresh = item !== undefined && Date.now() / 1_000 < number(item, 'createdAt') + 60
  const isSpent = facts.spendings.some((one) => one.code === hashIn(code))
  const isExpected =
    isFresh &&
    !isSpent &&
    facts.reasonOf(code) === undefined &&
    facts.endedAfter(`session ${sessionId}`, -1) === undefined &&
    !isSessionOver(sessionId)
  const what = `a code of ${code.client} (by ${code.by})`
  const { status } = await exchange(scene, code)
  const isUnknown = code.client === 'shop' && isUncertain(ended, 'add client')
  if (status === 503 || (status === 200 && !isExpected)) return [`${what} responds ${status}`]
  if (status !== 200 && isExpected) return isUnknown ? [] : [`${what} is lost: ${status}`]
  // A code is kept for a day, so that its reuse is noticed.
  if (status === 401 || !isSpent || item === undefined) return []
  // That was its reuse, with full proof: now its grant has ended.
  const found: string[] = []
  for (const grant of scene.grants.slice(0, before).filter((one) => one.code === code)) {
    const { status: after } = await refresh(scene, grant)
    if (after === 200) found.push(`${what} was used again, and its grant is live`)
  }
  return found
}

/** Whether an operation got no response: what it did is not known. */
const isUncertain = ({ names, history: { ends } }: Ended, name: ActName): boolean =>
  ends.some(({ error, value }, by) => names[by] === name && (error !== undefined || value?.status === 503))

/** Whether a client may hold a refresh token that was replaced longer ago than the grace. */
const isGrantUncertain = ({ history: { ends }, tickMs }: Ended, grant: KnownGrant): boolean =>
  tickMs > 0 && ends.some(({ value }) => value?.grant === grant && value.status === 503)

/** Returns the items of a partition, by sort key. */
async function itemsOf({ table }: OauthScene, pk: string): Promise<Map<string, Item>> {
  const items = await allItems(table, 'Query', {
    ConsistentRead: true,
    KeyConditionExpression: 'pk = :pk',
    ExpressionAttributeValues: { ':pk': { S: pk } },
  })
  return new Map(items.map((item) => [Object(item.sk).S, item]))
}
