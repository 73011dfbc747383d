import { vi } from 'vitest'
import { DECOY_HASH } from '../../../lib/passwords/hash.ts'
import type { User } from '../../../lib/users/user.ts'
import type { Functions } from '../../support/http/functions.ts'
import { keepState, type Scene, type SceneOptions } from '../../support/interleave/world.ts'
import type { TestService } from '../../support/service.ts'
import { resetProof } from '../../support/users/mails.ts'

/** A user whose password is at the old place, and the proof of a mail that resets it. */
export interface MovingScene extends Scene {
  functions: Functions
  ada: User
  proof: { mailId: string; code: string }
}

/** Adds the user. Returns a function that puts everything back to this state for the next schedule. */
export async function firstScene(
  service: TestService,
): Promise<(options: SceneOptions) => Promise<MovingScene>> {
  const { table, functions } = service
  const ada = await service.addUser({
    passwordHash: DECOY_HASH,
    passwordFrom: 'Ada@Old',
    externalId: 'the sub',
  })
  const proof = await resetProof(service.table, ada)
  const restore = await keepState(table)
  const now = Date.now()
  return async (options) => {
    const kept = await restore()
    vi.setSystemTime(now)
    return { ...kept, functions, ada, proof, ...options }
  }
}
