import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import { calculateJwkThumbprint } from 'jose'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { fakeKms, type KeyPair, newKeyPair, spkiOf } from '../../test/support/aws/fake-kms.ts'
import type { AwsCall } from '../aws/client.ts'
import { ServiceError } from '../errors.ts'
import { publicKeyCache, publicKeyFromSpki, readPublicKey } from './public-keys.ts'

const [a, b] = [newKeyPair(), newKeyPair()]

const START = Date.parse('2026-11-24T15:00:00Z')
const afterMs = (ms: number) => new Date(START + ms)

describe('the kid of a key is its RFC 7638 thumbprint', () => {
  test('as in the example of section 3.1', () => {
    const n =
      '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw'
    const key = createPublicKey({ key: { kty: 'RSA', n, e: 'AQAB' }, format: 'jwk' })
    expect(publicKeyFromSpki(spkiOf(key))).toMatchObject({
      kid: 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs',
      n,
      e: 'AQAB',
    })
  })

  test('and as jose calculates it', async () => {
    expect(a.kid).toBe(await calculateJwkThumbprint(a.publicKey.export({ format: 'jwk' })))
  })
})

const shortKey = generateKeyPairSync('rsa', { modulusLength: 2_040 }).publicKey
const encoded = (key: KeyObject) => spkiOf(key).toString('base64')

test.each([
  ['another kind of key', encoded(generateKeyPairSync('ed25519').publicKey), 'not an RSA key'],
  [
    'a key on a curve',
    encoded(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey),
    'not an RSA key',
  ],
  ['an RSA key of 2,040 bits', encoded(shortKey), 'key too short'],
  ['garbage', randomBytes(294).toString('base64'), expect.any(String)],
  ['nothing', undefined, expect.any(String)],
])('a response of KMS with %s is unavailable', async (_what, PublicKey, message) => {
  await expect(readPublicKey(async () => ({ PublicKey }), 'alias/a')).rejects.toMatchObject({
    code: 'unavailable',
    message: 'KMS returned no RSA key',
    cause: expect.objectContaining({ message }),
  })
})

/** A cache of these keys, which it reads from this KMS. */
function cacheOf(aws: AwsCall, keyNames: readonly string[]) {
  const publicKeys = publicKeyCache()
  return (kid: string | undefined, now: Date) => publicKeys(aws, keyNames, kid, now)
}

/** A KMS with a key, which may be replaced, and a cache of it. */
function startKms() {
  const aliases = { 'alias/a': a }
  const kms = fakeKms(aliases)
  return { aliases, kms, keys: cacheOf(kms.aws, ['alias/a']) }
}

describe('the trusted keys', () => {
  test('are read together and cached for five minutes', async () => {
    const kms = fakeKms({ 'alias/a': a, 'alias/b': b })
    const keys = cacheOf(kms.aws, ['alias/a', 'alias/b'])
    expect([...(await keys(undefined, afterMs(0))).keys()]).toEqual([a.kid, b.kid])
    expect(kms.calls).toEqual(['GetPublicKey', 'GetPublicKey'])
    await keys(a.kid, afterMs(299_999))
    await keys(undefined, afterMs(299_999))
    expect(kms.calls).toHaveLength(2)
    await keys(a.kid, afterMs(300_000))
    expect(kms.calls).toHaveLength(4)
  })

  test('omit a key five minutes after it was replaced', async () => {
    const { aliases, keys } = startKms()
    await keys(a.kid, afterMs(0))
    aliases['alias/a'] = b
    expect([...(await keys(a.kid, afterMs(299_999))).keys()]).toEqual([a.kid])
    expect([...(await keys(a.kid, afterMs(300_000))).keys()]).toEqual([b.kid])
  })

  test('are read again for an unknown kid, at most once a minute', async () => {
    const { aliases, kms, keys } = startKms()
    await keys(a.kid, afterMs(0))
    aliases['alias/a'] = b
    expect((await keys(b.kid, afterMs(59_999))).has(b.kid)).toBe(false)
    expect(kms.calls).toHaveLength(1)
    expect((await keys(b.kid, afterMs(60_000))).has(b.kid)).toBe(true)
    expect(kms.calls).toHaveLength(2)
    for (const kid of ['forged', '', '__proto__']) await keys(kid, afterMs(119_999))
    expect(kms.calls).toHaveLength(2)
    await keys('forged', afterMs(120_000))
    expect(kms.calls).toHaveLength(3)
  })

  test('are read once for concurrent requests', async () => {
    const kms = fakeKms({ 'alias/a': a, 'alias/b': b })
    const keys = cacheOf(kms.aws, ['alias/a', 'alias/b'])
    const all = await Promise.all([a.kid, b.kid, undefined, 'forged'].map((kid) => keys(kid, afterMs(0))))
    expect(all.map((read) => [...read.keys()])).toEqual(Array(4).fill([a.kid, b.kid]))
    expect(kms.calls).toHaveLength(2)
  })

  test('are read again while another request has waited for them for a second', async () => {
    const kms = fakeKms({ 'alias/a': a })
    const neverCalled = Promise.withResolvers<never>()
    const publicKeys = publicKeyCache()
    const frozen = publicKeys(() => neverCalled.promise, ['alias/a'], a.kid, afterMs(0))
    const joined = publicKeys(kms.aws, ['alias/a'], a.kid, afterMs(999))
    expect(kms.calls).toHaveLength(0)
    expect((await publicKeys(kms.aws, ['alias/a'], a.kid, afterMs(1_000))).has(a.kid)).toBe(true)
    expect(kms.calls).toHaveLength(1)
    neverCalled.reject(new Error('too late'))
    expect([...(await frozen).keys()]).toEqual([a.kid])
    expect([...(await joined).keys()]).toEqual([a.kid])
  })

  describe('of which a read has failed', () => {
    const outage = new ServiceError('unavailable', 'kms GetPublicKey failed')

    /** A cache whose KMS fails, and its longest pause. */
    function failing(jitter: number) {
      const random = vi.spyOn(Math, 'random').mockReturnValue(jitter)
      onTestFinished(() => random.mockRestore())
      return startKms()
    }

    test('are read again after a pause of less than a second if none are cached', async () => {
      const { kms, keys } = failing(0.5)
      kms.failWith(outage)
      for (const ms of [0, 1, 499]) await expect(keys(a.kid, afterMs(ms))).rejects.toBe(outage)
      expect(kms.calls).toHaveLength(1)
      await expect(keys(a.kid, afterMs(500))).rejects.toBe(outage)
      expect(kms.calls).toHaveLength(2)
      kms.failWith(undefined)
      await expect(keys(a.kid, afterMs(999))).rejects.toBe(outage)
      expect((await keys(a.kid, afterMs(1_000))).has(a.kid)).toBe(true)
      expect(kms.calls).toHaveLength(3)
      expect((await keys('forged', afterMs(1_001))).has('forged')).toBe(false)
    })

    test('are read once by fifty requests at once, which then all fail', async () => {
      const { kms, keys } = failing(0.5)
      kms.failWith(outage)
      const all = Array.from({ length: 50 }, (_, count) => keys(`forged ${count}`, afterMs(0)))
      expect(await Promise.allSettled(all)).toEqual(Array(50).fill({ status: 'rejected', reason: outage }))
      expect(kms.calls).toHaveLength(1)
    })

    test('verify known kids, and are read every 5 seconds at most for forged ones', async () => {
      const { kms, keys } = failing(0)
      await keys(a.kid, afterMs(0))
      kms.failWith(outage)
      for (let count = 0; count < 1_000; count += 1) {
        const now = afterMs(60_000 + count * 10)
        await expect(keys(`forged ${count}`, now)).rejects.toBe(outage)
        expect((await keys(a.kid, now)).has(a.kid)).toBe(true)
      }
      // At 0, 60 and 65 seconds.
      expect(kms.calls).toHaveLength(3)
    })

    test('are read for a new key as soon as the pause is over', async () => {
      const { aliases, kms, keys } = startKms()
      await keys(a.kid, afterMs(0))
      aliases['alias/a'] = b
      kms.failWith(outage)
      await expect(keys(b.kid, afterMs(60_000))).rejects.toBe(outage)
      kms.failWith(undefined)
      await expect(keys(b.kid, afterMs(64_999))).rejects.toBe(outage)
      expect((await keys(b.kid, afterMs(65_000))).has(b.kid)).toBe(true)
    })
  })

  test('throw if one key cannot be read', async () => {
    const keys = cacheOf(fakeKms({ 'alias/a': a }).aws, ['alias/a', 'alias/b'])
    await expect(keys(a.kid, afterMs(0))).rejects.toThrow('no alias/b')
  })

  describe('of which KMS refuses one', () => {
    const refused = (name: string) =>
      new ServiceError('unavailable', 'kms GetPublicKey failed', {
        cause: Object.assign(new Error(), { name }),
      })

    function withoutB(name: string) {
      const warn = vi.spyOn(console, 'warn').mockReturnValue()
      onTestFinished(() => warn.mockRestore())
      const aliases: Record<string, KeyPair> = { 'alias/a': a }
      const kms = fakeKms(aliases)
      const aws: AwsCall = async (...call) => {
        if ((call[2] as { KeyId: string }).KeyId === 'alias/b' && !aliases['alias/b']) throw refused(name)
        return await kms.aws(...call)
      }
      return { keys: cacheOf(aws, ['alias/a', 'alias/b']), aliases, kms, warn }
    }

    test.each([
      'NotFoundException',
      'AccessDeniedException',
      'DisabledException',
      'KMSInvalidStateException',
    ])('(%s) are the others, for five minutes, and this is logged', async (name) => {
      const { keys, kms, warn } = withoutB(name)
      expect([...(await keys(a.kid, afterMs(0))).keys()]).toEqual([a.kid])
      expect([...(await keys(undefined, afterMs(299_999))).keys()]).toEqual([a.kid])
      expect(kms.calls).toHaveLength(1)
      expect(warn.mock.calls).toEqual([[{ event: 'key.refused', key: 'alias/b', cause: name }]])
    })

    test('throw for an unknown kid, and are read again for it every 5 seconds', async () => {
      const { keys, aliases } = withoutB('AccessDeniedException')
      await keys(a.kid, afterMs(0))
      aliases['alias/b'] = b
      await expect(keys(b.kid, afterMs(4_999))).rejects.toMatchObject({ code: 'unavailable' })
      expect((await keys(b.kid, afterMs(5_000))).has(b.kid)).toBe(true)
      expect((await keys('forged', afterMs(5_001))).has('forged')).toBe(false)
    })

    test('are read at most once in 5 seconds for a thousand forged kids', async () => {
      const { keys, kms, warn } = withoutB('AccessDeniedException')
      await keys(a.kid, afterMs(0))
      const forged = (count: number, ms: number) =>
        expect(keys(`forged ${count}`, afterMs(ms))).rejects.toMatchObject({ code: 'unavailable' })
      for (let count = 1; count <= 1_000; count += 1) await forged(count, Math.min(count * 5, 4_999))
      expect(kms.calls).toHaveLength(1)
      expect(warn).toHaveBeenCalledTimes(1)
      for (const ms of [5_000, 5_001, 9_999]) await forged(ms, ms)
      expect(kms.calls).toHaveLength(2)
      expect(warn).toHaveBeenCalledTimes(2)
    })

    test('throw if KMS fails in another way or refuses all', async () => {
      const { keys } = withoutB('KMSInternalException')
      await expect(keys(a.kid, afterMs(0))).rejects.toMatchObject({ code: 'unavailable' })
      const error = refused('NotFoundException')
      const all = cacheOf(async () => Promise.reject(error), ['alias/a'])
      for (const kid of [a.kid, undefined]) await expect(all(kid, afterMs(0))).rejects.toBe(error)
    })
  })

  test('are not used during an outage once they are too old', async () => {
    const { kms, keys } = startKms()
    await keys(a.kid, afterMs(0))
    kms.failWith(new Error('outage'))
    await expect(keys(a.kid, afterMs(300_000))).rejects.toThrow('outage')
  })
})
