import type { ApiResponse } from '../../support/http/functions.ts'
import { approve, changePassword, refresh, renew, renewAgain, signIn, signOut, startWith } from './browser.ts'
import type { DeviceScene, Who } from './scene.ts'

/** What an operation reports. */
export interface Report {
  status: number
  text: string
  /** Whether it got a cookie of the device. */
  isBound: boolean
}

export interface Act {
  who: Who
  what: What
  run(scene: DeviceScene): Promise<Report>
}

/** Operations on the session of a browser. */
const OPERATIONS = {
  start: (scene, who) => startWith(scene, who, scene[who].device),
  'start by another key': (scene, who) => startWith(scene, who, scene[who].other),
  renew: (scene, who) => renew(scene, who),
  'renew by a captured proof': renewAgain,
  refresh: (scene, who) => refresh(scene, who),
  'refresh by a copy': (scene, who) => refresh(scene, who, true),
  approve: (scene, who) => approve(scene, who),
  'approve by a copy': (scene, who) => approve(scene, who, true),
  'sign in again': (scene, who) => signIn(scene, who),
  'sign in over a copy': (scene, who) => signIn(scene, who, true),
  'sign out': signOut,
  'change the password': changePassword,
} satisfies Record<string, (scene: DeviceScene, who: Who) => Promise<ApiResponse>>

export type What = keyof typeof OPERATIONS
export type ActName = `${Who}: ${What}`

const WHATS = Object.keys(OPERATIONS) as What[]
const namesOf = (who: Who): ActName[] => WHATS.map((what): ActName => `${who}: ${what}`)

const actOf = (who: Who, what: What): Act => ({
  who,
  what,
  async run(scene) {
    const { status, text, headers } = await OPERATIONS[what](scene, who)
    return { status, text, isBound: String(headers['Set-Cookie']).startsWith('__Host-bound=') }
  },
})

/** All operations, on the session that can be bound and on the one that is. */
export const ACTS = Object.fromEntries(
  (['begun', 'bound'] as const).flatMap((who) => WHATS.map((what) => [`${who}: ${what}`, actOf(who, what)])),
) as Record<ActName, Act>

export const ACT_NAMES = Object.keys(ACTS) as ActName[]

const OTHER = { begun: 'bound', bound: 'begun' } as const

/** Pairs on one session, and of an operation with a change of the password in the other session, which ends this one. */
export const PAIRS = (['begun', 'bound'] as const).flatMap((who) => {
  const names = namesOf(who)
  return [
    ...names.flatMap((one, index) => names.slice(index).map((other) => [one, other] as const)),
    ...names.map((one) => [one, `${OTHER[who]}: change the password`] as const),
  ]
})

/** Those that write the key of a session, or cross such a write. An approval only reads the session, as a refresh does first. */
export const CLOSE_PAIRS = PAIRS.filter(
  (pair) =>
    pair.some((name) => /start|renew|sign in/.test(name)) && !pair.some((name) => name.includes('approve')),
)
