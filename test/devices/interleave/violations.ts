import { thumbprintOf } from '../../../lib/sessions/device/thumbprint.ts'
import { DEVICE_VALUES } from '../../../lib/sessions/device/values.ts'
import { isLive, type Session } from '../../../lib/sessions/session.ts'
import { findSession } from '../../../lib/sessions/store.ts'
import { newestOf } from '../../security/interleave/stored-sessions.ts'
import type { Ended } from '../../support/interleave/world.ts'
import { partsOf } from '../../support/users/sessions.ts'
import { ACTS, type ActName, type Report } from './acts.ts'
import { boundOf, refreshWith, renew } from './browser.ts'
import { type Facts, factsOf, type State } from './facts.ts'
import type { DeviceScene, Who } from './scene.ts'

type EndedSchedule = Ended<ActName, DeviceScene, Report>

const WHO: readonly Who[] = ['begun', 'bound']

const idOf = (scene: DeviceScene, who: Who) => partsOf(scene[who].refreshTokens[0] ?? '').sessionId

/**
 * Returns the violations of: a session has one key from a sign-in to the next; a proof counts once; without its device nothing uses a bound
 * session; no cookie outlives its session; a browser with the key of a live session is not signed out.
 */
export async function violationsOf(ended: EndedSchedule): Promise<string[]> {
  const { scene, history } = ended
  const facts = factsOf(new Map(WHO.map((who) => [idOf(scene, who), firstOf(scene, who)])), history)
  const found = [
    ...violationsOfKeys(facts),
    ...violationsOfCopies(ended, facts),
    ...violationsOfBrowsers(ended, facts),
  ]
  for (const who of WHO) {
    const ids = new Set(scene[who].refreshTokens.map((token) => partsOf(token).sessionId))
    for (const id of ids) found.push(...(await violationsOfSession(scene, who, id, facts)))
  }
  return found
}

const firstOf = (scene: DeviceScene, who: Who): State => ({
  key: who === 'bound' ? scene.bound.device.id : undefined,
  challenge: scene[who].captured,
  isEnded: false,
  signIn: 0,
  step: -1,
  by: -1,
  write: 'other',
})

/** Returns the writes that gave a session a second key, used a challenge twice or changed a session after its end. */
const violationsOfKeys = ({ uses }: Facts): string[] =>
  uses.flatMap(({ by, key, challenge, next, before }, index) => {
    const isOwnAgain = before.key === key && before.challenge === next
    const isTwice = uses.slice(0, index).some((use) => use.by !== by && use.challenge === challenge)
    return [
      ...(before.key !== undefined && before.key !== key ? ['a session gets a second key'] : []),
      ...(isTwice ? ['a challenge counts twice'] : []),
      ...(!isOwnAgain && challenge !== before.challenge ? ['a challenge of before counts'] : []),
      ...(before.isEnded ? ['a device is shown after the end of its session'] : []),
    ]
  })

/** Returns the uses of a bound session by a request without its device. */
function violationsOfCopies({ scene, names, history: { ends } }: EndedSchedule, facts: Facts): string[] {
  return names.flatMap((name, by) => {
    const { who, what } = ACTS[name]
    if (!what.endsWith('by a copy') && !what.endsWith('over a copy')) return []
    const id = idOf(scene, who)
    const read = facts.readAt(id, by)
    if (read === undefined || facts.at(id, read).key === undefined) return []
    const isUsed = what.startsWith('sign in')
      ? facts.writes.some((one) => one.id === id && one.by === by)
      : /"authToken"|[?&]code=/.test(ends[by]?.value?.text ?? '')
    return isUsed ? [`${name} uses a bound session`] : []
  })
}

/** Returns the responses at which a browser forgets a key although its session is live. */
function violationsOfBrowsers({ scene, names, history: { ends } }: EndedSchedule, facts: Facts): string[] {
  return names.flatMap((name, by) => {
    const { who, what } = ACTS[name]
    const { value, ended = 0 } = ends[by] ?? {}
    const { status, isBound, text } = value ?? { status: 0, isBound: false, text: '' }
    const { key, isEnded } = facts.at(idOf(scene, who), ended)
    const isOwn = key === scene[who].device.id && !isEnded && !isRevoked(names, who)
    const bound = facts.uses.findLast((use) => use.by === by)
    // The device has its session by then, if it renewed between two attempts of the write.
    const isOvertaken = facts.uses.some((use) => use.by !== by && use.key === bound?.key)
    return [
      ...(what === 'renew' && ![200, 403, 503].includes(status) ? [`${name} gets ${status}`] : []),
      ...(what === 'renew' && status === 200 && !isBound && isOwn
        ? [`${name} makes the browser forget its key: ${text}`]
        : []),
      ...(what === 'start' && isOwn && bound && !isOvertaken && ![200, 503].includes(status)
        ? [`${name} binds, and gets ${status}`]
        : []),
      ...(what.startsWith('renew by a captured') && isBound && !bound
        ? [`${name} gets a cookie without a write`]
        : []),
    ]
  })
}

/** Whether an operation may have ended a session by a new password, which the profile says and no write of the session. */
const isRevoked = (names: readonly ActName[], who: Who): boolean =>
  names.some((name) => ACTS[name].what === 'change the password' && ACTS[name].who !== who)

/** Uses each cookie of a session once more, and renews it. */
async function violationsOfSession(
  scene: DeviceScene,
  who: Who,
  id: string,
  facts: Facts,
): Promise<string[]> {
  const { session, user } = await findSession(scene.table, scene.ada.id, id, DEVICE_VALUES)
  const live = session && isLive(session, user, new Date()) ? session : undefined
  const { key, isEnded } = facts.at(id, Infinity)
  const stored = session?.device && thumbprintOf(session.device)
  const found: string[] = []
  if (isEnded && session) found.push(`the session ${who} is revived`)
  if (session && stored !== key) found.push(`the session ${who} has another key than it got`)
  const refreshTokens = scene[who].refreshTokens.filter((token) => partsOf(token).sessionId === id)
  const token = tokenOf(refreshTokens, live)
  const given = scene.given.filter((one) => one.sessionId === id)
  for (const { bound, key, authTime } of [NOTHING, ...given]) {
    const { status } = await refreshWith(scene, token, bound)
    const isShown = stored === undefined || (key?.id === stored && authTime === session?.authTime)
    if (status === 200 && !live) found.push(`a cookie outlives the session ${who}`)
    if (status === 200 && !isShown) found.push(`the session ${who} is used without its device`)
  }
  return [...found, ...(await violationsOfRenewal(scene, who, { token, live, stored }))]
}

const NOTHING = { bound: '', key: undefined, authTime: 0 }

/** Returns the newest token of the latest sign-in, also if its response was lost. Without one, an earlier token of the session. */
function tokenOf(refreshTokens: readonly string[], live: Session | undefined): string {
  const own = refreshTokens.filter((token) => partsOf(token).authTime === live?.authTime)
  return newestOf(own.length > 0 ? own : refreshTokens.slice(-1), live?.salt)
}

interface Renewing {
  token: string
  live: Session | undefined
  stored: string | undefined
}

/** Returns the renewals that are refused to the device of a live session, or that give a cookie to another key. */
async function violationsOfRenewal(
  scene: DeviceScene,
  who: Who,
  { token, live, stored }: Renewing,
): Promise<string[]> {
  const { device, challenge } = scene[who]
  const response = await renew(scene, who, { refreshToken: token, challenge })
  const bound = boundOf(response)
  const isOwn = live !== undefined && stored === device.id && partsOf(token).authTime === live.authTime
  if (!isOwn) return bound === '' ? [] : [`a renewal of the session ${who} succeeds without a session`]
  if (bound === '') return [`the session ${who} is lost at a renewal: ${response.status}`]
  const { status } = await refreshWith(scene, token, bound)
  return status === 200 ? [] : [`the session ${who} is lost: ${status}`]
}
