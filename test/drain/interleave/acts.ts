import { DECOY_HASH } from '../../../lib/passwords/hash.ts'
import { Refusal } from '../../../scripts/cli/refusal.ts'
import { disable } from '../../../scripts/users/changes.ts'
import { addRow } from '../../../scripts/users/import/import-users.ts'
import { remove } from '../../../scripts/users/remove.ts'
import { commandIo } from '../../security/interleave/commands.ts'
import type { Asking, Route } from '../../support/http/functions.ts'
import { NEW_PASSWORD, PASSWORD } from '../../support/users/sessions.ts'
import { asOperator } from '../../support/users/users.ts'
import type { MovingScene } from './scene.ts'

/** What an operation reports to its client or operator. */
export interface Report {
  status?: number
  message?: string
  text?: string
}

type Act = { run(scene: MovingScene): Promise<Report> }

const asking = (route: Route, of: (scene: MovingScene) => Asking): Act => ({
  async run(scene) {
    const { status, text } = await scene.functions.ask(route, of(scene))
    return { status, text }
  },
})

const login = (nameOf: (scene: MovingScene) => string, password: string): Act =>
  asking('login', (scene) => ({ body: { username: nameOf(scene), password } }))

/** A change of the password, with what the gateway keeps of the authorizer's result. */
const change = asking('password', ({ ada: { id, username, role, generation } }) => ({
  body: { currentPassword: PASSWORD, newPassword: 'a password by a change' },
  authorization: {
    userId: id,
    username,
    role,
    generation: String(generation),
    sessionId: 'none',
    acr: 'aal1',
    authTime: '1',
    expiresAt: String(Math.floor(Date.now() / 1_000) + 900),
  },
}))

/** The old users again, from the same file. */
async function importAgain({ table, ada }: MovingScene): Promise<Report> {
  const { id, username, email, externalId, passwordFrom } = ada
  const values = { id, username, email, emailVerified: true, role: 'user', disabled: false } as const
  const account = { values: { ...values, externalId, passwordFrom }, passwordHash: DECOY_HASH }
  const hashers = { hash: async () => DECOY_HASH, stop: async () => {} }
  const outcome = await addRow(asOperator(table), hashers, () => new Date())(account as never, 1)
  if (typeof outcome === 'string') return { message: outcome }
  throw new Refusal('refused', outcome.fault)
}

/** Operations on a user whose password is at the old place. There it is {@link PASSWORD}. */
export const ACTS = {
  'sign in': login(({ ada }) => ada.username, PASSWORD),
  'sign in too': login(({ ada }) => String(ada.email), PASSWORD),
  guess: login(({ ada }) => ada.username, 'a wrong password'),
  change,
  reset: asking('reset', ({ proof }) => ({ body: { ...proof, password: NEW_PASSWORD } })),
  disable: {
    run: async ({ table, ada }) => ({
      message: await disable(asOperator(table), ada.username),
    }),
  },
  remove: {
    run: async ({ table, ada }) => ({
      message: await remove(asOperator(table), ada.username, true, commandIo()),
    }),
  },
  'import again': { run: importAgain },
} satisfies Record<string, Act>

export type ActName = keyof typeof ACTS

export const ACT_NAMES = Object.keys(ACTS) as ActName[]
