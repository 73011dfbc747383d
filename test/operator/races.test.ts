import { afterAll, expect, test } from 'vitest'
import type { AwsCall } from '../../lib/aws/client.ts'
import * as changes from '../../scripts/users/changes.ts'
import { addRow } from '../../scripts/users/import/import-users.ts'
import * as names from '../../scripts/users/names.ts'
import { remove } from '../../scripts/users/remove.ts'
import { readyHash, useStore } from '../support/process/operator.ts'
import { isProof, rowsOf } from '../support/rows.ts'
import { giveFactors } from '../support/users/users.ts'
import { expectSound, FAULTS, interleave, io, newScene } from './operator-races.ts'

let cases = 0

const store = await useStore()
afterAll(() => console.log(`Races of npm run users: ${cases} cases`))

/** A command that claims a name, one that frees one, and one that does both. The proofs take every two commands. */
const ACTS = ['add carl', 'rename ada carl', 'remove ada'] as const

test.each(rowsOf(Object.entries(FAULTS)))('names stay sound when a call %s', async (_, fault) => {
  cases += await interleave(store, ACTS, fault)
})

test('of commands that claim one name at once, one succeeds', async () => {
  for (let round = 0; round < (isProof ? 20 : 3); round += 1) {
    await newScene(store)
    const claims = [
      ...Array.from({ length: 4 }, () => changes.add(store.table, 'carl', { role: 'user' }, io())),
      names.rename(store.table, 'ada', 'carl', io()),
      names.rename(store.table, 'bob', 'carl', io()),
    ]
    const outcomes = await Promise.allSettled(claims)
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason.message).toBe('User carl already exists.')
    }
    await expectSound(store)
    cases += 1
  }
})

test('remove and rename at once leave the names sound, and one of them succeeds', async () => {
  for (let round = 0; round < (isProof ? 20 : 3); round += 1) {
    await newScene(store)
    const acts = [names.rename(store.table, 'ada', 'carl', io()), remove(store.table, 'ada', true, io())]
    const outcomes = await Promise.allSettled(acts.toReversed())
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).not.toEqual([])
    await expectSound(store)
    cases += 1
  }
})

test('a removal leaves the factors of a user who is imported with the same id', async () => {
  const ada = await newScene(store)
  await giveFactors(store.table, ada)
  const factors = async () =>
    (await store.items()).map(({ sk }) => Object(sk).S).filter((sk) => /^(passkey#|recovery-codes)/.test(sk))
  const before = await factors()
  const hashers = { hash: async () => readyHash(), stop: async () => {} }
  const values = { username: 'ada', id: ada.id, emailVerified: false, role: 'user', disabled: false } as const
  async function comeBack() {
    await addRow(store.table, hashers, () => new Date())({ values, passwordHash: readyHash() }, 1)
    await giveFactors(store.table, ada)
  }
  let isBack: Promise<void> | undefined
  const aws: AwsCall = async (service, operation, input) => {
    if (operation === 'DeleteItem') {
      isBack ??= comeBack()
      await isBack
    }
    return store.table.aws(service, operation, input)
  }
  await store.signIn('ada')
  await remove({ ...store.table, aws }, 'ada', true, io())
  expect(before).toHaveLength(3)
  expect(await factors()).toHaveLength(3)
  cases += 1
})
