import { expect, test } from 'vitest'
import { readClientData, unverifiedChallengeIn } from './client-data.ts'

const encoded = (text: string) => Buffer.from(text).toString('base64url')
const challengeIn = (text: string) => unverifiedChallengeIn({ response: { clientDataJSON: encoded(text) } })

test('client data are read from JSON in base64url', () => {
  const data = { type: 'webauthn.get', challenge: 'abc', origin: 'https://example.org/ü' }
  expect(readClientData(encoded(JSON.stringify(data)))).toEqual(data)
  expect(challengeIn(JSON.stringify(data))).toBe('abc')
})

test.each(['', 'null', '1', '"text"', '{', 'undefined'])('client data %j have no members', (text) => {
  expect(readClientData(encoded(text))).toEqual({})
  expect(challengeIn(text)).toBe('')
})

test.each(['{}', '{"challenge":1}', '{"challenge":["abc"]}', '{"challenge":null}'])(
  'client data %s have no challenge',
  (text) => {
    expect(challengeIn(text)).toBe('')
  },
)
