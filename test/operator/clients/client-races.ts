import { PassThrough } from 'node:stream'
import { expect } from 'vitest'
import type { AwsCall } from '../../../lib/aws/client.ts'
import { type Item, text, texts } from '../../../lib/aws/dynamodb.ts'
import { ServiceError } from '../../../lib/errors.ts'
import type { ClientWithSecrets } from '../../../lib/oauth/clients/store.ts'
import type { Io } from '../../../scripts/cli/io.ts'
import type { OperatorTable } from '../../../scripts/cli/operator.ts'
import { Refusal } from '../../../scripts/cli/refusal.ts'
import { type AddOptions, add } from '../../../scripts/clients/add.ts'
import { addApi, removeExistingApi, setApi } from '../../../scripts/clients/apis.ts'
import * as changes from '../../../scripts/clients/changes.ts'
import { type SetOptions, set } from '../../../scripts/clients/set.ts'
import { restorerOf } from '../../support/aws/restore.ts'
import { appliedIn, eventKeys, eventsOf, violationsOfEvents } from '../../support/interleave/events.ts'
import { type FAULTS, io } from '../operator-races.ts'
import { CALLBACK, type Clients, ORDERS } from './clients.ts'

const ADDED: AddOptions = { type: 'web', redirectUri: [CALLBACK], postLogoutUri: [], scope: [], json: true }
const NO_CHANGE: SetOptions = {
  addRedirectUri: [],
  removeRedirectUri: [],
  addPostLogoutUri: [],
  removePostLogoutUri: [],
  addScope: [],
  removeScope: [],
}
const READ = { scope: 'orders:read', text: 'Read' }

/** Returns the secret that a command prints, if it succeeds. */
async function printed(
  run: (streams: Pick<Io, 'now' | 'stdout' | 'stderr'>) => Promise<void>,
): Promise<string> {
  const stdout = new PassThrough()
  await run({ now: () => new Date(), stdout, stderr: new PassThrough() })
  return JSON.parse(String(stdout.read())).client_secret
}

type Act = (table: OperatorTable) => Promise<string>

/** Commands about the client shop and the API orders, both of which exist. */
export const ACTS = {
  'add shop': (table) => printed((streams) => add(table, 'shop', ADDED, [], streams)),
  'add carl with a scope': (table) =>
    printed((streams) => add(table, 'carl', { ...ADDED, scope: ['orders:read'] }, [], streams)),
  'set shop name': (table) => set(table, 'shop', { ...NO_CHANGE, name: { name: 'New', others: [] } }),
  'set shop scope': (table) => set(table, 'shop', { ...NO_CHANGE, addScope: ['orders:read'] }),
  'new-secret shop': (table) =>
    printed((streams) => changes.newSecret(table, 'shop', { json: true }, streams)),
  'disable shop': (table) => changes.disable(table, 'shop'),
  'end-grants shop': (table) => changes.endAllGrants(table, 'shop'),
  'remove shop': (table) => changes.remove(table, 'shop', true, io()),
  'remove-api orders': (table) => removeExistingApi(table, ORDERS, true, io()),
  'set-api orders c': (table) => setApi(table, ORDERS, { scope: [{ ...READ, scope: 'c' }], removeScope: [] }),
  'set-api orders': (table) => setApi(table, ORDERS, { scope: [{ ...READ, scope: 'b' }], removeScope: [] }),
  'add-api other': (table) =>
    addApi(table, 'https://other.example', { scope: [{ ...READ, scope: 'b' }] }, [], io()),
} satisfies Record<string, Act>

export type Name = keyof typeof ACTS

/** Empties the table, and adds the API and the client. Returns the client. */
export async function newScene(store: Clients): Promise<ClientWithSecrets> {
  await store.clear()
  await addApi(store.table, ORDERS, { scope: [READ] }, [], io())
  await add(store.table, 'shop', ADDED, [], io())
  const shop = await store.stored('shop')
  if (shop === undefined) throw new Error('there is no shop')
  return shop
}

/** Expects that the directory lists what is stored, and that each scope belongs to the API that has it. */
export async function expectSound(store: Clients): Promise<void> {
  const items = await store.items()
  const of = (sk: string) => items.filter((item) => text(item, 'sk') === sk)
  const keys = (found: Item[]) => found.map((item) => text(item, 'pk')).sort()
  for (const kind of ['client', 'api']) {
    const listed = items.filter((item) => text(item, 'pk') === `directory#${kind}s`)
    expect(listed.map((item) => text(item, 'sk')).sort()).toEqual(keys(of(kind)))
  }
  const owners = of('owner').map((item) => `${text(item, 'pk')} ${text(item, 'identifier')}`)
  const scopes = of('api').flatMap((item) =>
    texts(item, 'scopes').map((line) => `scope#${line.split(' ')[0]} ${text(item, 'identifier')}`),
  )
  expect(owners.sort()).toEqual(scopes.sort())
}

/** Expects what the commands promise that said they were done. */
async function expectKept(
  store: Clients,
  before: ClientWithSecrets,
  done: Partial<Record<Name, string>>,
): Promise<void> {
  const shop = await store.stored('shop')
  const isDone = (name: Name) => done[name] !== undefined
  const isAddedAgain = isDone('add shop')
  if (isDone('remove shop') && !isAddedAgain) expect(shop).toBeUndefined()
  if (['disable shop', 'end-grants shop', 'remove shop'].some((name) => isDone(name as Name))) {
    expect(shop?.generation).not.toBe(before.generation)
  }
  if (isAddedAgain) expect(await store.accepts('shop', String(done['add shop']))).toBe(true)
  if (shop === undefined || isAddedAgain || isDone('remove shop')) return
  expect(shop.disabled).toBe(isDone('disable shop') || shop.disabled)
  if (isDone('set shop name')) expect(shop.name).toBe('New')
  if (isDone('new-secret shop')) {
    expect(await store.accepts('shop', String(done['new-secret shop']))).toBe(true)
    // The secret that the client uses stays valid.
    expect([shop.secretHash, shop.earlierSecretHash]).toContain(before.secretHash)
  }
}

async function resultOf(act: Promise<string>): Promise<string | undefined> {
  try {
    return await act
  } catch (error) {
    if (error instanceof Refusal || error instanceof ServiceError) return undefined
    throw error
  }
}

/**
 * Runs every two of some commands so that each call of the first one meets the fault, and the second one runs then. Expects after each
 * that the items fit together, that what succeeded is kept, and that each change has its event.
 *
 * @returns The number of cases.
 */
export async function interleave(
  store: Clients,
  acts: readonly Name[],
  fault: (typeof FAULTS)[string],
): Promise<number> {
  let cases = 0
  const restoreEvents = await restorerOf(eventsOf(store.table))
  for (const [first, second] of acts.flatMap((a) => acts.map((b) => [a, b] as const))) {
    for (let number = 1, count = number; count >= number; number += 1) {
      const shop = await newScene(store)
      await restoreEvents()
      const before = await eventKeys(store.table)
      count = 0
      const made: Parameters<typeof appliedIn>[0][number][] = []
      const recorded: AwsCall = async (service, operation, input) => {
        const response = await store.table.aws(service, operation, input)
        made.push({ operation, input, isDone: true })
        return response
      }
      let isBegun = false
      let second_: string | undefined
      const other = async () => {
        isBegun = true
        second_ = await resultOf(ACTS[second]({ ...store.table, aws: recorded }))
      }
      const aws: AwsCall = async (...call) => {
        count += 1
        return count === number ? fault(() => recorded(...call), other) : recorded(...call)
      }
      const first_ = await resultOf(ACTS[first]({ ...store.table, aws }))
      if (!isBegun) await other()
      cases += 1
      const what = `${first}, ${second}, call ${number}`
      expect(await violationsOfEvents(store.table, appliedIn(made), before), what).toEqual([])
      await expectSound(store)
      if (first === second) continue
      await expectKept(store, shop, {
        ...(first_ !== undefined && { [first]: first_ }),
        ...(second_ !== undefined && { [second]: second_ }),
      })
    }
  }
  return cases
}
