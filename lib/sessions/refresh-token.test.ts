import { createHash, createHmac, randomBytes } from 'node:crypto'
import { afterAll, describe, expect, test } from 'vitest'
import {
  classifySecret,
  hashSecret,
  nextSecret,
  readRefreshToken,
  refreshTokenOf,
  type StoredSecret,
  selectorOf,
  sessionIdOf,
  withSecret,
} from './refresh-token.ts'

let cases = 0
afterAll(() => console.log(`Forms and states of refresh tokens: ${cases} cases`))

describe('a selector', () => {
  const random = Buffer.from(Array.from({ length: 16 }, (_, index) => index))

  test('is the second of the sign-in and all random bytes', () => {
    expect(selectorOf(0x6924c4c0, random)).toBe('6924c4c0AAECAwQFBgcICQoLDA0ODw')
    expect(selectorOf(0xff, random)).toBe('000000ffAAECAwQFBgcICQoLDA0ODw')
  })

  test('leads to its session id by a hash, and both begin with the second', () => {
    const selector = selectorOf(0x6924c4c0, random)
    const hash = sha256(selector).subarray(0, 16).toString('base64url')
    expect(sessionIdOf(selector)).toBe(`6924c4c0${hash}`)
    expect(sessionIdOf(selector)).not.toBe(selector)
  })

  test('has another session id for another second or other bytes', () => {
    const others = [selectorOf(7, random), selectorOf(8, random), selectorOf(7, randomBytes(16))]
    expect(new Set(others.map((selector) => sessionIdOf(selector).slice(8))).size).toBe(3)
  })

  test('of a later second has a session id that sorts after all earlier ones', () => {
    const seconds = [9, 10, 15, 16, 255, 256, 0x6924c4bf, 0x6924c4c0, 0x7fffffff, 0xffffffff]
    const ids = seconds.map((second) => sessionIdOf(selectorOf(second, randomBytes(16))))
    expect(ids.toSorted()).toEqual(ids)
  })
})

const USER_ID = 'Ada_Lovelace-1815-12-A'

const secretFrom = (seed: string) => sha256(seed).toString('base64url')

describe('a refresh token', () => {
  const selector = selectorOf(0x6924c4c0, randomBytes(16))
  const secret = secretFrom('first')
  const token = `${USER_ID}.${selector}.6924c4d0.${secret}`

  test('consists of user id, selector, sign-in and secret', () => {
    expect(refreshTokenOf(USER_ID, selector, 0x6924c4d0, secret)).toBe(token)
    expect(readRefreshToken(token)).toStrictEqual({
      userId: USER_ID,
      selector,
      sessionId: sessionIdOf(selector),
      authTime: 0x6924c4d0,
      secret,
    })
  })

  test('gets another secret and keeps its user id and selector', () => {
    expect(withSecret(token, 'next')).toBe(`${USER_ID}.${selector}.6924c4d0.next`)
  })

  const [id, bytes] = ['A'.repeat(22), 'B'.repeat(22)]
  const forms = [
    '',
    '../..',
    `${selector}.6924c4d0.${secret}`,
    `${USER_ID}.${selector}`,
    `${USER_ID}.${selector}.`,
    `.${selector}.6924c4d0.${secret}`,
    `${USER_ID}..6924c4d0.${secret}`,
    `${id}A.${selector}.6924c4d0.${secret}`,
    `${id.slice(1)}.${selector}.6924c4d0.${secret}`,
    `${id.slice(1)}=.${selector}.6924c4d0.${secret}`,
    `${id}.6924c4c${bytes}.6924c4d0.${secret}`,
    `${id}.6924c4c0${bytes}B.6924c4d0.${secret}`,
    `${id}.6924c4c0${bytes.slice(1)}.6924c4d0.${secret}`,
    `${id}.6924c4c0${bytes.slice(1)}#.6924c4d0.${secret}`,
    `${id}.6924C4C0${bytes}.6924c4d0.${secret}`,
    `${id}.6924c4cg${bytes}.6924c4d0.${secret}`,
    `${id}.${selector}.6924c4d0.${secret}B`,
    `${id}.${selector}.6924c4d0.${secret.slice(1)}`,
    `${id}.${selector}.6924c4d0.${secret.slice(1)}=`,
    `${id}.${selector}.6924c4d0.${secret.slice(1)}+`,
    `${id}#profile.${selector}.6924c4d0.${secret}`,
    `${id}a${selector}.6924c4d0.${secret}`,
    `${id}.${selector}a${secret}`,
    `${USER_ID}.${selector}.${secret}`,
    `${USER_ID}.${selector}.6924c4d.${secret}`,
    `${USER_ID}.${selector}.6924c4d0a.${secret}`,
    `${USER_ID}.${selector}.6924C4D0.${secret}`,
    `${USER_ID}.${selector}.-924c4d0.${secret}`,
    `${USER_ID}.${selector}..${secret}`,
    ` ${token}`,
    `${token} `,
    `${token}\n`,
    `${token}.${secret}`,
  ]
  test.each(forms)('is rejected in the form %j', (unverifiedToken) => {
    cases += 1
    expect(() => readRefreshToken(unverifiedToken)).toThrow(
      expect.objectContaining({ code: 'invalid_refresh_token', message: 'not a refresh token' }),
    )
  })
})

describe('the next secret', () => {
  test('is the HMAC-SHA256 of the salt under the current one, so it is the same twice', () => {
    const expected = createHmac('sha256', 'current').update('salt').digest('base64url')
    expect(nextSecret({ salt: 'salt' }, 'current')).toBe(expected)
    expect(nextSecret({ salt: 'salt' }, 'current')).toBe(expected)
    expect(expected).toMatch(/^[\w-]{43}$/)
  })

  test('differs with every salt and every secret', () => {
    const all = [
      nextSecret({ salt: 'a' }, 'one'),
      nextSecret({ salt: 'b' }, 'one'),
      nextSecret({ salt: 'a' }, 'two'),
    ]
    expect(new Set(all).size).toBe(3)
  })

  test('is stored as its SHA-256', () => {
    expect(hashSecret('current')).toBe(sha256('current').toString('base64url'))
  })
})

describe('a presented secret', () => {
  const rotatedAtMs = Date.UTC(2026, 10, 24, 15)
  const authTime = 0x6924c4c0
  const salt = secretFrom('salt')
  const secrets = [secretFrom('first')]
  for (let time = 1; time <= 3; time += 1) secrets.push(nextSecret({ salt }, secrets.at(-1) ?? ''))
  const [first = '', second = '', before = '', current = ''] = secrets
  const stored: StoredSecret = { authTime, secretHash: hashSecret(current), salt, rotatedAtMs }
  const unused: StoredSecret = { authTime, secretHash: hashSecret(first), salt, rotatedAtMs: 0 }

  const rows: [
    state: string,
    graceSeconds: number,
    what: string,
    secret: string,
    ms: number,
    of?: StoredSecret,
  ][] = [
    ['fresh', 10, 'the current one in the moment of its rotation', current, 0],
    ['fresh', 10, 'the current one in the last millisecond of the grace', current, 9_999],
    ['current', 10, 'the current one at the end of the grace', current, 10_000],
    ['current', 10, 'the current one days later', current, 604_799_000],
    ['current', 0, 'the current one in the moment of its rotation', current, 0],
    ['fresh', 60, 'the current one in the last millisecond of the grace', current, 59_999],
    ['current', 60, 'the current one at the end of the grace', current, 60_000],
    ['fresh', 10, 'the current one, if the rotation has a clock ahead', current, -300_000],
    ['fresh', 0, 'the current one, if the rotation has a clock ahead', current, -1],
    ['current', 10, 'the first one of a session that never rotated', first, 0, unused],
    ['repeated', 10, 'the one before in the moment of the rotation', before, 0],
    ['repeated', 10, 'the one before in the last millisecond of the grace', before, 9_999],
    ['reused', 10, 'the one before at the end of the grace', before, 10_000],
    ['reused', 0, 'the one before in the moment of the rotation', before, 0],
    ['repeated', 60, 'the one before in the last millisecond of the grace', before, 59_999],
    ['reused', 60, 'the one before at the end of the grace', before, 60_000],
    ['repeated', 10, 'the one before, if the rotation has a clock ahead', before, -300_000],
    ['reused', 10, 'the second before in the moment of the rotation', second, 0],
    ['reused', 60, 'the third before in the moment of the rotation', first, 0],
    ['reused', 10, 'the third before, days later', first, 604_799_000],
    ['reused', 10, 'the next one', nextSecret({ salt }, current), 0],
    ['reused', 10, 'one that was never issued', secretFrom('made up'), 0],
    ['reused', 10, 'the hash from the store', stored.secretHash, 0],
    ['reused', 10, 'the salt from the store', salt, 0],
    ['reused', 10, 'nothing', '', 0],
    ['reused', 10, 'any other one of a session that never rotated', second, 0, unused],
    ['reused', 10, 'any one, if the stored hash has another length', first, 0, { ...stored, secretHash: '' }],
  ]
  test.each(rows)(
    'is %s, with a grace of %i s: %s',
    (state, graceSeconds, _what, secret, ms, of = stored) => {
      cases += 1
      const presented = { authTime, secret }
      expect(classifySecret(of, presented, graceSeconds, new Date(rotatedAtMs + ms))).toBe(state)
    },
  )

  test.each([
    ['the current one', current],
    ['the one before', before],
    ['one that was never issued', secretFrom('made up')],
  ])('is of another sign-in, at any time: %s', (_what, secret) => {
    for (const of of [authTime - 1, authTime + 1]) {
      for (const ms of [0, 604_799_000]) {
        cases += 1
        const at = new Date(rotatedAtMs + ms)
        expect(classifySecret(stored, { authTime: of, secret }, 10, at)).toBe('changed')
      }
    }
  })
})

const sha256 = (text: string) => createHash('sha256').update(text).digest()
