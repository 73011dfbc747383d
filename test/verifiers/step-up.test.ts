import { expect, inject, test } from 'vitest'
import { postLogin } from '../support/http/http.ts'
import { saveProgram } from './programs.ts'

// The program of docs/VERIFYING.md that demands two factors and a recent sign-in. The one in Python is a proof.

const { challengeFor } = await import(saveProgram('Two factors in Node', 'step-up.mjs'))

const CHALLENGE = 'Bearer error="insufficient_user_authentication", acr_values="aal2", max_age="300"'

test('a token of a sign-in with the password alone gets the challenge', async () => {
  const { body } = await postLogin(inject('serviceUrl'), '{"username":"user","password":"user"}')
  const [, payload = ''] = JSON.parse(body).authToken.split('.')
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
  expect(claims).toMatchObject({ acr: 'aal1', amr: ['pwd'] })
  expect(challengeFor(claims)).toBe(CHALLENGE)
})

test.each([
  ['aal2', 0, undefined],
  ['aal2', 300, undefined],
  ['aal2', 301, CHALLENGE],
  ['aal1', 0, CHALLENGE],
  [undefined, 0, CHALLENGE],
])('a sign-in with acr %s, %i s ago, gets %s', (acr, age, expected) => {
  expect(challengeFor({ acr, auth_time: 1_800_000_000 }, 300, 1_800_000_000 + age)).toBe(expected)
})

test('a token without auth_time gets the challenge', () => {
  expect(challengeFor({ acr: 'aal2' })).toBe(CHALLENGE)
})
