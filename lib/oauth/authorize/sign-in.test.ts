import { expect, test } from 'vitest'
import type { AuthorizationRequest } from './request.ts'
import { needsSignIn, type SignIn, startOf } from './sign-in.ts'

const NOW = 10_000
const now = new Date(NOW * 1_000)

/** A sign-in of some seconds ago. */
const ago = (seconds: number, amr: SignIn['amr'] = 'pwd') => ({
  sessionId: 'a',
  authTime: NOW - seconds,
  amr,
})

type Asked = Partial<AuthorizationRequest>

test.each<[asked: Asked, signIn: SignIn | undefined, start: number | undefined, needs: boolean]>([
  [{}, undefined, undefined, false],
  [{}, undefined, NOW, false],
  [{}, ago(9_000), undefined, false],
  [{ prompts: ['login'] }, undefined, NOW, true],
  [{ prompts: ['login'] }, ago(0), undefined, true],
  [{ prompts: ['consent'] }, ago(0), undefined, false],
  [{ prompts: ['login'] }, ago(600), NOW - 600, false],
  [{ prompts: ['login'] }, ago(600), NOW - 599, true],
  [{ prompts: ['login'] }, ago(601), NOW - 601, true],
  [{ prompts: ['login'], maxAgeSeconds: 700 }, ago(700), NOW - 700, false],
  [{ prompts: ['login'], maxAgeSeconds: 700 }, ago(701), NOW - 701, true],
  [{ maxAgeSeconds: 0 }, ago(0), undefined, true],
  [{ maxAgeSeconds: 0 }, ago(600), NOW - 600, false],
  [{ maxAgeSeconds: 10 }, ago(10), undefined, false],
  [{ maxAgeSeconds: 10 }, ago(11), undefined, true],
  [{ maxAgeSeconds: 10 }, undefined, undefined, true],
  [{ acrValues: ['aal2'] }, undefined, undefined, true],
  [{ acrValues: ['aal2'] }, ago(0), undefined, true],
  [{ acrValues: ['aal2'] }, ago(0, 'pwd otp mfa'), undefined, false],
  [{ acrValues: ['aal2', 'aal1'] }, ago(0), undefined, false],
  [{ acrValues: ['aal2'], prompts: ['none'] }, ago(0), undefined, false],
  [{ acrValues: ['aal1'] }, undefined, undefined, false],
])('a request of %j after %j, begun at %j, needs a sign-in: %s', (asked, signIn, start, needs) => {
  const request = { prompts: [], acrValues: [], ...asked } as unknown as AuthorizationRequest
  expect(needsSignIn(request, signIn, start, now)).toBe(needs)
})

test.each([
  [undefined, NOW],
  [ago(5), NOW],
  [ago(0), NOW + 1],
])('after %j, a sign-in counts from second %i on', (signIn, start) => {
  expect(startOf(signIn, now)).toBe(start)
})
