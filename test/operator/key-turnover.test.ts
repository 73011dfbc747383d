import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { proof } from '../support/rows.ts'
import { useService } from '../support/service.ts'
import { signIn } from '../support/users/sessions.ts'
import { aliasOf, startSlots } from './keys/slots.ts'
import { forgedLike, startStage } from './keys/stage.ts'

const warn = vi.spyOn(console, 'warn').mockReturnValue()
vi.spyOn(console, 'info').mockReturnValue()
vi.spyOn(console, 'error').mockReturnValue()

const stores = await useService()
beforeEach(() => {
  warn.mockClear()
  vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2027, 0, 15, 12) })
})
afterEach(() => void vi.useRealTimers())

const FORTH = ['wait', 'b of a,b', 'wait', 'b of b', 'b of a,b']
const BACK = ['wait', 'a of a,b', 'wait', 'a of a', 'a of a,b']

/** AWS rejects requests of an operator whose clock is further ahead. */
const CLOCK_AHEAD_SECONDS = 300

proof('two turnovers fail no request, also of warm functions that cache old keys', async () => {
  const stage = await startStage(stores)
  expect(await stage.turnOver({ clockAheadSeconds: CLOCK_AHEAD_SECONDS })).toEqual(FORTH)
  expect(await stage.turnOver({ clockAheadSeconds: CLOCK_AHEAD_SECONDS })).toEqual(BACK)
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
  // Some functions had settings that named a deleted key.
  expect(warn).toHaveBeenCalledWith({
    event: 'key.refused',
    key: 'alias/serverless-jwt-auth-dev-auth-a',
    cause: 'NotFoundException',
  })
  stage.stop()
})

test('a forged kid cannot hide a key that was published 5 minutes before it signs', async () => {
  const slots = await startSlots()
  for (const slot of ['a', 'b'] as const) await slots.create(slot)
  const username = await stores.add()
  const environment = { AWS_ENDPOINT_URL_KMS: slots.url, PUBLISHED_KEYS: `${aliasOf('a')},${aliasOf('b')}` }
  const warm = await stores.load({ ...environment, SIGNING_KEY: aliasOf('a') })
  const beganMs = Date.now()
  const at = (seconds: number) => vi.setSystemTime(beganMs + Math.round(seconds * 1000))
  const { authToken } = await signIn(warm, username)
  const forged = async () => expect(await warm.opens(forgedLike(authToken))).toBe(false)

  await forged()
  slots.delete('b')
  await slots.create('b')
  const withB = await stores.load({ ...environment, SIGNING_KEY: aliasOf('b') })
  const tooEarly = await signIn(withB, username)
  at(59.999)
  expect(await warm.opens(tooEarly.authToken)).toBe(false)

  // More forged tokens in the meantime change nothing.
  for (const seconds of [119.998, 179.997, 239.996, 299.995]) {
    at(seconds)
    await forged()
  }
  at(300)
  expect(await warm.opens((await signIn(withB, username)).authToken)).toBe(true)
  slots.stop()
})
