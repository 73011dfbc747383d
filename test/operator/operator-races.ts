import { expect } from 'vitest'
import type { AwsCall } from '../../lib/aws/client.ts'
import { text } from '../../lib/aws/dynamodb.ts'
import { ServiceError } from '../../lib/errors.ts'
import { userOf } from '../../lib/users/store.ts'
import { loginNamesOf, type User } from '../../lib/users/user.ts'
import type { OperatorTable } from '../../scripts/cli/operator.ts'
import { Refusal } from '../../scripts/cli/refusal.ts'
import * as changes from '../../scripts/users/changes.ts'
import { usersCommand } from '../../scripts/users/command.ts'
import { addRow } from '../../scripts/users/import/import-users.ts'
import * as names from '../../scripts/users/names.ts'
import { remove } from '../../scripts/users/remove.ts'
import { restorerOf } from '../support/aws/restore.ts'
import { appliedIn, eventKeys, eventsOf, violationsOfEvents } from '../support/interleave/events.ts'
import { beginInProcess } from '../support/process/command.ts'
import { PASSWORD, readyHash, type Store } from '../support/process/operator.ts'
import { addTestUser } from '../support/users/users.ts'

const ID = 'Ada_Lovelace-1815-12-A'
const EMAIL = 'ada@example.org'

/** Returns the streams and the clock of a command that reads a password. */
export function io() {
  const started = beginInProcess(usersCommand, ['--help'])
  started.stdin.end(PASSWORD)
  return started.io
}

const hashers = { hash: async () => readyHash(), stop: async () => {} }
const imported = (username: string) => ({
  username,
  emailVerified: false,
  role: 'user' as const,
  disabled: false,
})

type Act = (table: OperatorTable) => Promise<unknown>

/** Commands about the users ada and bob. Ada's id is known. */
export const ACTS = {
  'add ada': (table) => changes.add(table, 'ada', { role: 'user' }, io()),
  'add carl': (table) => changes.add(table, 'carl', { role: 'user' }, io()),
  'add dora with the address': (table) => changes.add(table, 'dora', { role: 'user', email: EMAIL }, io()),
  'rename ada carl': (table) => names.rename(table, 'ada', 'carl', io()),
  'rename bob ada': (table) => names.rename(table, 'bob', 'ada', io()),
  'set-email ada': (table) => names.setEmail(table, 'ada', EMAIL, io()),
  'set-email bob': (table) => names.setEmail(table, 'bob', EMAIL, io()),
  'set-email ada --remove': (table) => names.removeEmail(table, 'ada', io()),
  'set-role ada': (table) => changes.setRole(table, 'ada', 'admin'),
  'disable ada': (table) => changes.disable(table, 'ada'),
  'remove ada': (table) => remove(table, 'ada', true, io()),
  'import ada with the id': (table) =>
    addRow(
      table,
      hashers,
      () => new Date(),
    )({ values: { ...imported('ada'), id: ID }, passwordHash: readyHash() }, 1),
  'import carl with the id': (table) =>
    addRow(
      table,
      hashers,
      () => new Date(),
    )({ values: { ...imported('carl'), id: ID }, passwordHash: readyHash() }, 1),
} satisfies Record<string, Act>

export type Name = keyof typeof ACTS

/** What changes ada, and so revokes her tokens. */
const REVOKING: readonly Name[] = [
  'rename ada carl',
  'set-email ada',
  'set-email ada --remove',
  'set-role ada',
  'disable ada',
  'remove ada',
]

/** Empties the table, and adds bob and ada. Returns ada. */
export async function newScene(store: Store): Promise<User> {
  await store.clear()
  await addTestUser(store.table, { username: 'bob' })
  return addTestUser(store.table, { username: 'ada', id: ID })
}

/**
 * Expects that each name points to a user who has it, that each user has each of the own names, and that each profile
 * is whole.
 */
export async function expectSound(store: Store): Promise<User[]> {
  const items = await store.items()
  const of = (sk: string) => items.filter((item) => text(item, 'sk') === sk)
  const users = of('profile').map((item) => userOf(item))
  const owned = users.flatMap((user) => loginNamesOf(user).map((name) => [`name#${name}`, user.id]))
  const pointing = of('name').map((item) => [text(item, 'pk'), text(item, 'userId')])
  expect(pointing.sort()).toEqual(owned.sort())
  return users
}

const isDone = (act: Promise<unknown>): Promise<boolean> =>
  act.then(
    () => true,
    (error: unknown) => {
      if (!(error instanceof Refusal || error instanceof ServiceError)) throw error
      return false
    },
  )

const cut = () => new ServiceError('unavailable', 'cut')

type Fault = (call: () => ReturnType<AwsCall>, other: () => Promise<unknown>) => ReturnType<AwsCall>

/** What happens at one call of a command, while another command runs. */
export const FAULTS: Record<string, Fault> = {
  'is overtaken': async (call, other) => {
    await other()
    return call()
  },
  'is sent twice, the second time late': async (call, other) => {
    await call().catch(() => undefined)
    await other()
    return call()
  },
  'ends the command before it arrives': async (_, other) => {
    await other()
    throw cut()
  },
  'ends the command after it has arrived': async (call, other) => {
    await call().catch(() => undefined)
    await other()
    throw cut()
  },
}

/**
 * Runs every two of some commands so that each call of the first one meets the fault, and the second one runs then.
 * Expects sound names after each, that tokens of ada are revoked by each change that succeeded, and that each change has its event.
 *
 * @returns The number of cases.
 */
export async function interleave(store: Store, acts: readonly Name[], fault: Fault): Promise<number> {
  let cases = 0
  const restoreEvents = await restorerOf(eventsOf(store.table))
  for (const [first, second] of acts.flatMap((a) => acts.map((b) => [a, b] as const))) {
    for (let number = 1, count = number; count >= number; number += 1) {
      const ada = await newScene(store)
      await restoreEvents()
      const before = await eventKeys(store.table)
      count = 0
      const made: Parameters<typeof appliedIn>[0][number][] = []
      const recorded: AwsCall = async (service, operation, input) => {
        const response = await store.table.aws(service, operation, input)
        made.push({ operation, input, isDone: true })
        return response
      }
      let isSecondDone: boolean | undefined
      const other = async () => {
        isSecondDone = await isDone(ACTS[second]({ ...store.table, aws: recorded }))
      }
      const aws: AwsCall = async (...call) => {
        count += 1
        if (count !== number) return recorded(...call)
        return fault(() => recorded(...call), other)
      }
      const isFirstDone = await isDone(ACTS[first]({ ...store.table, aws }))
      if (isSecondDone === undefined) await other()
      cases += 1

      expect(await violationsOfEvents(store.table, appliedIn(made), before), `${first}, ${second}`).toEqual(
        [],
      )
      const users = await expectSound(store)
      const done = [isFirstDone && first, isSecondDone && second]
      if (REVOKING.some((name) => done.includes(name))) {
        const after = users.find(({ id }) => id === ID)
        expect(after?.generation, `${first}, ${second}`).not.toBe(ada.generation)
      }
    }
  }
  return cases
}
