import { randomBytes } from 'node:crypto'
import { vi } from 'vitest'
import {
  CONFIRMATION_RANDOM_BYTES,
  MAIL_ID_BYTES,
  newMailId,
  startConfirmation,
} from '../../../lib/mail/confirmation.ts'
import { claimMail } from '../../../lib/mail/store.ts'
import { DECOY_HASH } from '../../../lib/passwords/hash.ts'
import type { User } from '../../../lib/users/user.ts'
import type { Functions } from '../../support/http/functions.ts'
import { keepState, type Scene, type SceneOptions } from '../../support/interleave/world.ts'
import type { TestService } from '../../support/service.ts'

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
  const proof = await resetOf(service, ada)
  const restore = await keepState(table)
  const now = Date.now()
  return async (options) => {
    const kept = await restore()
    vi.setSystemTime(now)
    return { ...kept, functions, ada, proof, ...options }
  }
}

async function resetOf({ table }: TestService, { id, generation, email }: User) {
  const mailId = newMailId(randomBytes(MAIL_ID_BYTES))
  const details = { kind: 'reset', mailId, bindings: { userId: id, generation, email } } as const
  const { confirmation, code } = startConfirmation(
    details,
    new Date(),
    randomBytes(CONFIRMATION_RANDOM_BYTES),
  )
  await claimMail(table, mailId, { claim: { claimId: 'a', invocationId: 'a' }, confirmation }, new Date())
  return { mailId, code }
}
