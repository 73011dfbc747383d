import { hash } from 'node:crypto'
import { type Item, optionalText, text } from '../../../lib/aws/dynamodb.ts'
import { allItems } from '../../../lib/aws/pages.ts'
import { isLive } from '../../../lib/sessions/session.ts'
import { findSessions } from '../../../lib/sessions/store.ts'
import { findUser } from '../../../lib/users/store.ts'
import { appliedIn } from '../../support/interleave/events.ts'
import { type Arrival, isEventsTable } from '../../support/interleave/history.ts'
import type { Ended } from '../../support/interleave/world.ts'
import { actOf, type Report } from './acts.ts'
import type { ProofScene } from './scene.ts'

type Input = Arrival['input']

/** What a request did to an account: of which operation, and by the event of its transaction. */
interface Effect {
  name: string
  by: number
  step: number
  type: string
  detail: string
  session: string | undefined
}

/**
 * Returns the violations of: a mail signs in once; a mail, a signature and a change token make one change, and only that of their user,
 * session and kind; a session whose mail is older than a revocation is not live, and no change follows one in its session; an address
 * has one user; and no user, name, identity, factor or session is without the others.
 */
export async function violationsOf(ended: Ended<string, ProofScene, Report>): Promise<string[]> {
  const { scene, names } = ended
  const effects = effectsOf(ended)
  const items = await allItems(scene.table, 'Scan', { ConsistentRead: true })
  return [
    ...violationsOfOne(ended),
    ...violationsOfProofs(effects),
    ...violationsOfTokens(ended, effects, items),
    ...violationsAfterLosses(effects),
    ...(await violationsOfSessions(ended, effects)),
    ...violationsOfItems(items),
    ...names.flatMap((name, by) =>
      actOf(name).isForeign && effects.some((one) => one.by === by && isChange(one))
        ? [`${name} has an effect`]
        : [],
    ),
  ]
}

/** An operation that meets nothing else must succeed, or the other schedules show nothing. */
function violationsOfOne({ names, history }: Ended<string, ProofScene, Report>): string[] {
  const [name = ''] = names
  const isAlone = names.length === 1 && history.trace.every((line) => /^\d+ (begin|pass)/.test(line))
  const { value, error } = history.ends[0] ?? {}
  const isDone = error === undefined && Number(value?.status ?? 200) < 300
  return isAlone && isDone === (actOf(name).isForeign === true)
    ? [`${name} says ${value?.status ?? error}`]
    : []
}

function effectsOf({ names, history }: Ended<string, ProofScene, Report>): Effect[] {
  const ofEvents = appliedIn(history.arrivals).flatMap(({ by, step, input }) =>
    (input.TransactItems ?? []).flatMap(({ Put }: Input): Effect[] => {
      const type = Put?.Item.type?.S
      if (type === undefined || !isEventsTable(Put.TableName)) return []
      const { detail, session } = Put.Item
      return [{ name: String(names[by]), by, step, type, detail: String(detail?.S), session: session?.S }]
    }),
  )
  const mails = history.arrivals.filter(
    ({ input, response }) => input.kind === 'address' && response.status < 300,
  )
  const ofMails = mails
    .filter(({ input }, index) => mails.findIndex((one) => one.input.mailId === input.mailId) === index)
    .map(({ by, step }) => ({
      name: String(names[by]),
      by,
      step,
      type: 'mail',
      detail: '',
      session: undefined,
    }))
  return [...ofEvents, ...ofMails]
}

const isProof = ({ detail }: Effect) => detail.startsWith('proved-by-')
const isChange = (effect: Effect) => effect.type.startsWith('user.') && !isProof(effect)

/** Returns the mails, signatures and tokens that counted twice. */
function violationsOfProofs(effects: readonly Effect[]): string[] {
  const classOf = (effect: Effect) =>
    isProof(effect) ? 'proof' : isChange(effect) ? 'change' : effect.type === 'mail' ? 'mail' : effect.type
  const used = effects
    .filter(({ type }) => !/^session\.(ended|renewed)|^grant/.test(type))
    .flatMap((effect) => {
      const { uses } = actOf(effect.name)
      return uses === undefined ? [] : [`${uses} counts twice: ${classOf(effect)}`]
    })
  return used.filter((one, index) => used.indexOf(one) !== index)
}

/** Returns the changes, other than by a mail to a new address, whose change token is left. */
function violationsOfTokens(
  { scene, names, history }: Ended<string, ProofScene, Report>,
  effects: readonly Effect[],
  items: readonly Item[],
): string[] {
  const left = items.map((item) => text(item, 'pk')).filter((pk) => pk.startsWith('change#'))
  return names.flatMap((name, by) => {
    if (!effects.some((one) => one.by === by && isChange(one))) return []
    const [, change, who] = /^the token for (\S+) of (\w+)$/.exec(actOf(name).uses ?? '') ?? []
    const known = change && scene[who as 'ada'].tokens[change as 'app']
    const stored = history.arrivals
      .filter((one) => one.by === by)
      .flatMap(({ input }) => input.TransactItems ?? [])
      .flatMap(({ Put }: Input) => Put?.Item.pk.S ?? [])
    const own = [...stored, ...(known ? [`change#${hash('sha256', known, 'base64url')}`] : [])]
    return own.some((pk) => left.includes(pk)) ? [`${name} spends no token`] : []
  })
}

/** Returns the changes in a session that took effect after another operation had revoked it. */
const violationsAfterLosses = (effects: readonly Effect[]): string[] =>
  effects.filter(isChange).flatMap(({ name, by, step }) => {
    const { isInSession, who } = actOf(name)
    const before = effects.find(
      (loss) => loss.by !== by && loss.step < step && isLossOf(loss, who) && isInSession,
    )
    return before ? [`${name} takes effect after ${before.name}`] : []
  })

const isLossOf = (effect: Effect, who: string | undefined): boolean => {
  const act = actOf(effect.name)
  return act.isLoss === true && act.who === who && (isChange(effect) || effect.type === 'session.ended')
}

/** Returns the sessions that are live, and the access tokens that are accepted, although their mail is older than a revocation. */
async function violationsOfSessions(
  { scene, names, history }: Ended<string, ProofScene, Report>,
  effects: readonly Effect[],
): Promise<string[]> {
  const found: string[] = []
  for (const who of ['ada', 'pia'] as const) {
    const lost = effects.find((effect) => isLossOf(effect, who))
    if (!lost) continue
    const { id } = scene[who].user
    // Of a weakened service, a user may have half a profile.
    const user = await findUser(scene.table, id).catch(() => undefined)
    const { sessions } = await findSessions(scene.table, id)
    const begun = effects.filter(({ type, name }) => type === 'session.created' && actOf(name).who === who)
    const live = sessions.filter((one) => isLive(one, user, new Date())).map((one) => one.id)
    const outliving = begun.filter(({ session }) => live.includes(String(session)))
    found.push(...outliving.map(() => `a session by a mail outlives ${lost.name}`))
    for (const [by, { value }] of history.ends.entries()) {
      if (value?.authToken === undefined || actOf(String(names[by])).who !== who) continue
      if (await scene.functions.opens(value.authToken)) found.push(`a token by a mail outlives ${lost.name}`)
    }
  }
  return found
}

/** Returns what is left half. */
function violationsOfItems(items: readonly Item[]): string[] {
  const profiles = items.filter((item) => text(item, 'sk') === 'profile')
  const users = new Map(profiles.map((item) => [text(item, 'pk').replace('user#', ''), item]))
  const names = items.filter((item) => text(item, 'sk') === 'name' && /^name#/.test(text(item, 'pk')))
  const named = new Map(names.map((item) => [text(item, 'pk').replace('name#', ''), text(item, 'userId')]))
  const namesIn = (item: Item) => ['username', 'email'].flatMap((name) => optionalText(item, name) ?? [])
  const addresses = profiles.flatMap((item) => optionalText(item, 'email') ?? [])
  // An app that is being set up (`totp-pending`) expires.
  const owned = items.filter(
    (item) => /^user#/.test(text(item, 'pk')) && /^(identity|passkey|totp$|recovery)/.test(text(item, 'sk')),
  )
  const claims = items.filter((item) => /^credential#/.test(text(item, 'pk')))
  const held = new Set(owned.map((item) => text(item, 'sk')))
  const partOf = (item: Item) => text(item, 'pk').replace('credential#', '')
  return [
    ...profiles.flatMap((item) => (optionalText(item, 'username') === undefined ? ['half a profile'] : [])),
    ...[...users].flatMap(([id, item]) =>
      namesIn(item)
        .filter((name) => named.get(name) !== id)
        .map((name) => `a user without the name ${name}`),
    ),
    ...[...named].flatMap(([name, id]) => {
      const item = users.get(id)
      return item && namesIn(item).includes(name) ? [] : [`the name ${name} has no user`]
    }),
    ...addresses
      .filter((one, index) => addresses.indexOf(one) !== index)
      .map(() => 'two users of an address'),
    ...owned
      .filter((item) => !users.has(text(item, 'pk').replace('user#', '')))
      .map((item) => `a removed user has ${text(item, 'sk')}`),
    ...claims
      .filter((item) => !held.has(partOf(item)) && !held.has(`passkey#${partOf(item)}`))
      .map((item) => `a claim without its user's item: ${text(item, 'pk')}`),
  ]
}
