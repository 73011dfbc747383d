import { vi } from 'vitest'
import type { User } from '../../../lib/users/user.ts'
import { addClient } from '../../oauth/clients.ts'
import type { Functions } from '../../support/http/functions.ts'
import { keepState, latest, type Scene, type SceneOptions } from '../../support/interleave/world.ts'
import type { TestService } from '../../support/service.ts'
import { type Device, newDevice } from '../key.ts'
import { signIn, startWith } from './browser.ts'

/** A browser with a session, and what a thief has of it. */
export interface Browser {
  device: Device
  /** The key of a thief, who has read the challenge of the sign-in. */
  other: Device
  authToken: string
  refreshToken: string
  /** All that the browser got, in the order of the responses. */
  refreshTokens: string[]
  /** The challenge of the latest sign-in. */
  registration: string
  /** What the device signs next. */
  challenge: string
  /** The challenge with which a schedule begins. A thief has a proof of it. */
  captured: string
  /** The cookie of the device. */
  bound: string
}

export type Who = 'begun' | 'bound'

/** A user with a session that can be bound, and one that is. */
export interface DeviceScene extends Scene {
  functions: Functions
  ada: User
  begun: Browser
  bound: Browser
  /** The cookies of a device that any request got, each with its key, session and sign-in. */
  given: { bound: string; key: Device; sessionId: string; authTime: number }[]
}

const newBrowser = (): Browser => ({
  device: newDevice(),
  other: newDevice(),
  authToken: '',
  refreshToken: '',
  refreshTokens: [],
  registration: '',
  challenge: '',
  captured: '',
  bound: '',
})

const BEGIN_MS = Date.UTC(2027, 0, 15, 12)

/** Adds the user. Returns a function that puts everything back to this state for the next schedule. */
export async function firstScene(
  service: TestService,
): Promise<(options: SceneOptions) => Promise<DeviceScene>> {
  const { table, functions } = service
  const ada = await service.addUser()
  await addClient(table, { id: 'shop', scopes: ['openid'] })
  const [begun, bound] = [newBrowser(), newBrowser()]
  const fixed = { functions, ada }
  const first = { ...fixed, begun, bound, given: [], table, eventsBefore: new Set<string>() }
  const scene: DeviceScene = { ...first, pick: latest, tick: () => {} }
  vi.setSystemTime(BEGIN_MS - 120_000)
  await signIn(scene, 'bound')
  await startWith(scene, 'bound', bound.device)
  bound.captured = bound.challenge
  vi.setSystemTime(BEGIN_MS - 60_000)
  await signIn(scene, 'begun')
  begun.captured = begun.registration
  const { given } = scene
  const restore = await keepState(table)
  return async (options) => {
    const kept = await restore()
    vi.setSystemTime(BEGIN_MS)
    const known = { begun: copyOf(begun), bound: copyOf(bound), given: [...given] }
    return { ...kept, ...fixed, ...known, ...options }
  }
}

const copyOf = (browser: Browser): Browser => ({ ...browser, refreshTokens: [...browser.refreshTokens] })
