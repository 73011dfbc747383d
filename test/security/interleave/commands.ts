import { PassThrough } from 'node:stream'
import { Refusal } from '../../../scripts/cli/refusal.ts'
import * as changes from '../../../scripts/users/changes.ts'
import { endSessions } from '../../../scripts/users/identities/end-sessions.ts'
import { addRow } from '../../../scripts/users/import/import-users.ts'
import * as names from '../../../scripts/users/names.ts'
import { remove } from '../../../scripts/users/remove.ts'
import { asOperator } from '../../support/users/users.ts'
import type { Act } from './act.ts'
import { HASHES, PASSWORDS, type UserScene } from './scene.ts'

const operators = (
  run: (scene: UserScene) => Promise<string | { fault: string }>,
  values: Pick<Act, 'revokes' | 'effect'>,
): Act => ({
  ...values,
  async run(scene) {
    const message = await run(scene)
    if (typeof message === 'string') return { message }
    throw new Refusal('refused', message.fault)
  },
})

/** Returns the input and output of a command, with a password on standard input. */
export const commandIo = (password = '') => {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()]
  stdin.end(password)
  return {
    stdin,
    stdout,
    stderr,
    env: {},
    now: () => new Date(),
    interruption: () => new AbortController().signal,
  }
}

const hashers = { hash: async () => HASHES.added, stop: async () => {} }
const NEW = { role: 'user', disabled: false, password: PASSWORDS.added } as const

const importing = (namesOf: (scene: UserScene) => { username: string; email?: string }) =>
  operators(
    (scene) => {
      const values = { email: undefined, emailVerified: false, ...namesOf(scene), id: scene.id }
      const account = { values: { ...values, role: NEW.role, disabled: false }, passwordHash: HASHES.added }
      return addRow(asOperator(scene.table), hashers, () => new Date())(account, 1)
    },
    { effect: (scene) => ({ email: undefined, ...NEW, ...namesOf(scene) }) },
  )

/** Commands of the operator, as `npm run users` makes them. */
export const COMMANDS = {
  'set-role': operators(({ table, names: { ada } }) => changes.setRole(asOperator(table), ada, 'admin'), {
    revokes: 'tokens',
    effect: () => ({ role: 'admin' }),
  }),
  'set-password': operators(
    ({ table, names: { ada } }) => changes.setPassword(asOperator(table), ada, commandIo(PASSWORDS.operator)),
    { revokes: 'all', effect: () => ({ password: PASSWORDS.operator }) },
  ),
  disable: operators(({ table, names: { ada } }) => changes.disable(asOperator(table), ada), {
    revokes: 'all',
    effect: () => ({ disabled: true }),
  }),
  enable: operators(({ table, names: { ada } }) => changes.enable(asOperator(table), ada), {
    revokes: 'all',
    effect: () => ({ disabled: false }),
  }),
  'end-sessions': operators(({ table, names: { ada } }) => endSessions(asOperator(table), ada), {
    revokes: 'all',
    effect: () => ({}),
  }),
  rename: operators(
    ({ table, names: { ada, free } }) => names.rename(asOperator(table), ada, free, commandIo()),
    {
      revokes: 'tokens',
      effect: ({ names: { free } }) => ({ username: free }),
    },
  ),
  'rename back': operators(
    ({ table, names: { ada, free } }) => names.rename(asOperator(table), free, ada, commandIo()),
    {
      revokes: 'tokens',
      effect: ({ names: { ada } }) => ({ username: ada }),
    },
  ),
  'set-email': operators(
    ({ table, names: { ada, freeEmail } }) => names.setEmail(asOperator(table), ada, freeEmail, commandIo()),
    { revokes: 'address', effect: ({ names: { freeEmail } }) => ({ email: freeEmail }) },
  ),
  'remove the address': operators(
    ({ table, names: { ada } }) => names.removeEmail(asOperator(table), ada, commandIo()),
    { revokes: 'address', effect: () => ({ email: undefined }) },
  ),
  remove: operators(({ table, names: { ada } }) => remove(asOperator(table), ada, true, commandIo()), {
    revokes: 'all',
    effect: () => 'removed',
  }),
  add: operators(
    ({ table, names: { ada } }) =>
      changes.add(asOperator(table), ada, { role: 'user' }, commandIo(PASSWORDS.added)),
    { effect: ({ names: { ada } }) => ({ username: ada, email: undefined, ...NEW }) },
  ),
  'import with the same id': importing(({ names: { ada, email } }) => ({ username: ada, email })),
  'import with the same id and another name': importing(({ names: { free } }) => ({ username: free })),
  'rename of bob': operators(
    ({ table, names: { bob, ada } }) => names.rename(asOperator(table), bob, ada, commandIo()),
    {
      revokes: 'tokens',
      effect: ({ names: { ada } }) => ({ username: ada }),
    },
  ),
} satisfies Record<string, Act>
