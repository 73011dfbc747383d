import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { aliasOf, startSlots } from '../support/keys/slots.ts'
import { FORGED, startStage } from '../support/keys/stage.ts'
import { type Stores, signIn, startStores } from '../support/sessions.ts'

let stores: Stores
const warn = vi.spyOn(console, 'warn').mockReturnValue()
vi.spyOn(console, 'info').mockReturnValue()
vi.spyOn(console, 'error').mockReturnValue()

beforeAll(async () => {
  stores = await startStores()
})
afterAll(() => stores.aws.stop())
beforeEach(() => {
  warn.mockClear()
  vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2027, 0, 15, 12) })
})
afterEach(() => void vi.useRealTimers())

const there = ['wait', 'b of a,b', 'wait', 'b of b', 'b of a,b']
const back = ['wait', 'a of a,b', 'wait', 'a of a', 'a of a,b']

/** So far, and no farther, AWS lets the operator's clock be ahead of its own. */
const CLOCK_AHEAD_SECONDS = 300

test('no request fails while keys are turned over, there and back, with warm functions that hold old keys', async () => {
  const stage = await startStage(stores)
  expect(await stage.turnOver({ clockAheadSeconds: CLOCK_AHEAD_SECONDS })).toEqual(there)
  expect(await stage.turnOver({ clockAheadSeconds: CLOCK_AHEAD_SECONDS })).toEqual(back)
  await stage.callFor(1000)
  console.log(`Key turnover, there and back: ${stage.tally()}`)
  expect(stage.failures()).toEqual({})
  expect(stage.requests()).toMatchObject({
    login: expect.any(Number),
    refresh: expect.any(Number),
    call: expect.any(Number),
    jwks: expect.any(Number),
    'verification elsewhere': expect.any(Number),
  })
  // Functions that were told of a key which was there no more did get to see that.
  expect(warn).toHaveBeenCalledWith({
    event: 'key.refused',
    key: 'alias/serverless-jwt-auth-dev-a',
    cause: 'NotFoundException',
  })
  stage.stop()
})

test('without the waiting, tokens that are good are refused', async () => {
  const stage = await startStage(stores)
  await stage.turnOver({ atOnce: true })
  await stage.turnOver({ atOnce: true, until: 'signs' })
  expect(stage.failures()).toMatchObject({
    call: expect.any(Number),
    'verification elsewhere': expect.any(Number),
  })
  stage.stop()
})

test('two seconds less of waiting before a key goes, and a token is refused in its last second', async () => {
  const stage = await startStage(stores)
  await stage.turnOver({ clockAheadSeconds: CLOCK_AHEAD_SECONDS + 2 })
  expect(stage.failures()).toEqual({ call: expect.any(Number) })
  stage.stop()
})

test('two seconds less of waiting before a key signs, and somebody does not know it', async () => {
  const stage = await startStage(stores)
  await stage.turnOver({ clockAheadSeconds: CLOCK_AHEAD_SECONDS })
  expect(stage.failures()).toEqual({})
  await stage.turnOver({ clockAheadSeconds: CLOCK_AHEAD_SECONDS + 2, until: 'signs' })
  expect(stage.failures()).toEqual({ 'verification elsewhere': expect.any(Number) })
  stage.stop()
})

test('a forged kid shown a moment before cannot make a key unknown that was published five minutes before it signs', async () => {
  const slots = await startSlots()
  for (const slot of ['a', 'b'] as const) await slots.make(slot)
  const username = await stores.add()
  const environment = { AWS_ENDPOINT_URL_KMS: slots.url, PUBLISHED_KEYS: `${aliasOf('a')},${aliasOf('b')}` }
  const warm = await stores.functions({ ...environment, SIGNING_KEY: aliasOf('a') })
  const shownMs = Date.now()
  const at = (seconds: number) => vi.setSystemTime(shownMs + Math.round(seconds * 1000))
  const forged = async () => expect(await warm.opens(FORGED)).toBe(false)

  await forged()
  slots.drop('b')
  await slots.make('b')
  const withB = await stores.functions({ ...environment, SIGNING_KEY: aliasOf('b') })
  const tooEarly = await signIn(withB, username)
  at(59.999)
  expect(await warm.opens(tooEarly.authToken)).toBe(false)

  // Whatever else it is shown in the meantime.
  for (const seconds of [119.998, 179.997, 239.996, 299.995]) {
    at(seconds)
    await forged()
  }
  at(300)
  expect(await warm.opens((await signIn(withB, username)).authToken)).toBe(true)
  slots.stop()
})
