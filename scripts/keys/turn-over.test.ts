import { expect, test } from 'vitest'
import { Refusal } from '../cli/refusal.ts'
import type { KeyState, Slot } from './plan.ts'
import { turnOver, type World } from './turn-over.ts'

const DEPLOYED_MS = Date.UTC(2027, 0, 15, 12)

const FIRST = [
  '0 min: wait',
  '130 min: deploy b of a,b for 1800 s',
  '131 min: wait',
  '167 min: deploy b of b for 1800 s',
  '168 min: deploy b of a,b for 1800 s',
]

test('a turnover waits, changes the key, waits, and replaces the old key', async () => {
  const { world, done, state } = startStage()
  expect(await turnOver(world, false)).toBe(
    'Done: key b signs, and a new key a is published.\nKey a may sign from 2027-01-15T16:59:00.000Z on.\n',
  )
  expect(done).toEqual(FIRST)
  expect(state()).toMatchObject({ signing: 'b', madeAt: { a: new Date(DEPLOYED_MS + 168 * 60_000) } })
})

test('the next turnover returns to the first slot', async () => {
  const { world, done, state } = startStage()
  await turnOver(world, false)
  await turnOver(world, false)
  expect(done.slice(FIRST.length)).toEqual([
    '169 min: wait',
    '299 min: deploy a of a,b for 1800 s',
    '300 min: wait',
    '336 min: deploy a of a for 1800 s',
    '337 min: deploy a of a,b for 1800 s',
  ])
  expect(state().signing).toBe('a')
})

test('a turnover prints each deployment, and a note on parameters before the first', async () => {
  const { world, printed } = startStage()
  await turnOver(world, false)
  expect(printed).toEqual([
    'Parameters that are neither in serverless.yml nor given here are set back to their defaults.',
    'Deploying: key b signs, both keys are published.',
    'Deploying: key a is deleted.',
    'Deploying: key b signs, both keys are published.',
  ])
})

test('a turnover at once does not wait', async () => {
  const { world, done } = startStage()
  await turnOver(world, true)
  expect(done).toEqual([
    '0 min: deploy b of a,b for 1800 s',
    '1 min: deploy b of b for 1800 s',
    '2 min: deploy b of a,b for 1800 s',
  ])
})

test.each([1, 2, 3, 4, 5])(
  'a turnover that is interrupted at step %i and run again takes the same steps',
  async (steps) => {
    for (const when of ['before', 'after']) {
      const { world, done } = startStage()
      let left = steps
      const interrupting =
        <A extends unknown[], R>(act: (...args: A) => Promise<R>) =>
        async (...args: A) => {
          left -= 1
          if (left === 0 && when === 'before') throw new Refusal('interrupted', 'before')
          const result = await act(...args)
          if (left === 0) throw new Refusal('interrupted', 'after')
          return result
        }
      const interrupted = { ...world, deploy: interrupting(world.deploy), wait: interrupting(world.wait) }
      await expect(turnOver(interrupted, false)).rejects.toMatchObject({ outcome: 'interrupted' })
      // After the last step another run would be the next turnover.
      if (steps < 5 || when === 'before') await turnOver(world, false)
      expect(done).toEqual(FIRST)
    }
  },
)

test('a turnover waits again after another deployment while a key is going', async () => {
  const { world, done, settle } = startStage()
  let waits = 0
  const disturbed: World = {
    ...world,
    async wait(waiting) {
      await world.wait(waiting)
      waits += 1
      if (waits === 2) settle('b', 'a,b')
    },
  }
  await turnOver(disturbed, false)
  expect(done.slice(3)).toEqual([
    '168 min: wait',
    '204 min: deploy b of b for 1800 s',
    '205 min: deploy b of a,b for 1800 s',
  ])
})

test('a turnover ends when a deployment fails or changes nothing', async () => {
  const { world } = startStage()
  const failing = { ...world, deploy: async () => false }
  await expect(turnOver(failing, true)).rejects.toMatchObject({
    outcome: 'failed',
    message: 'The deployment failed; see its output above. Run the same command again to continue.',
  })
  const idle = { ...world, deploy: async () => true }
  await expect(turnOver(idle, true)).rejects.toMatchObject({
    outcome: 'failed',
    message: 'The deployment succeeded, but the keys of the stage did not change.',
  })
})

test('a turnover names another deployment under way when its own fails', async () => {
  const { world } = startStage()
  let tried = false
  const busy = new Refusal('refused', 'A deployment of stage prod is under way (UPDATE_IN_PROGRESS).')
  const contended: World = {
    ...world,
    read: async () => {
      if (tried) throw busy
      return await world.read()
    },
    deploy: async () => {
      tried = true
      return false
    },
  }
  await expect(turnOver(contended, true)).rejects.toBe(busy)
})

/** Creates a stage in memory. A deployment takes a minute, and a wait moves the clock. */
function startStage() {
  const minute = 60_000
  let nowMs = DEPLOYED_MS
  let state: KeyState = {
    signing: 'a',
    madeAt: { a: new Date(nowMs - 1000), b: new Date(nowMs - 1000) },
    tokenTtlSeconds: 1800,
    settledAt: new Date(nowMs),
  }
  const done: string[] = []
  const printed: string[] = []
  const at = () => `${(nowMs - DEPLOYED_MS) / minute} min`
  const settle = (signing: Slot, published: string) => {
    const madeAt = { a: state.madeAt.a ?? new Date(nowMs), b: state.madeAt.b ?? new Date(nowMs) }
    const kept = Object.entries(madeAt).filter(([slot]) => published.includes(slot))
    nowMs += minute
    state = { ...state, signing, madeAt: Object.fromEntries(kept), settledAt: new Date(nowMs) }
  }
  const world: World = {
    read: async () => state,
    async deploy({ signingKey, publishedKeys }, tokenTtlSeconds) {
      done.push(`${at()}: deploy ${signingKey} of ${publishedKeys} for ${tokenTtlSeconds} s`)
      settle(signingKey, publishedKeys)
      return true
    },
    async wait({ until }) {
      done.push(`${at()}: wait`)
      nowMs = until.getTime()
    },
    now: () => new Date(nowMs),
    print: (line) => void printed.push(line),
  }
  return { world, done, printed, settle, state: () => state }
}
