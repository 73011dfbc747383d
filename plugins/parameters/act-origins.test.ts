import { expect, test } from 'vitest'
import { faultsOfActOrigins, originsWithActs } from './act-origins.ts'

const SUPPORT = 'https://support.example.com'
const given = {
  actAs: 'on',
  actAsOrigins: SUPPORT,
  allowedOrigins: 'https://app.example.com',
  issuer: 'https://auth.example.com/prod',
  publicUrl: 'https://login.example.com',
}

test.each([
  [{}, undefined],
  [{ actAs: 'off' }, 'The parameter actAsOrigins needs actAs=on.'],
  [{ actAs: 'off', actAsOrigins: '' }, undefined],
  [
    { actAsOrigins: '' },
    'The parameter actAs needs actAsOrigins: where operators see the application as a user.',
  ],
  [{ actAsOrigins: '*' }, 'The parameter actAsOrigins must name origins.'],
  ...['app', 'auth', 'login'].map((host): [object, string] => [
    { actAsOrigins: `${SUPPORT},https://${host}.example.com` },
    `The parameter actAsOrigins has https://${host}.example.com, where users have sessions. Operators need an origin of its own, with the same pages.`,
  ]),
])('with %j the fault is %s', (changes, fault) => {
  expect(faultsOfActOrigins({ ...given, ...changes }, 'prod')).toEqual(fault ? [fault] : [])
})

test('a stage of a developer needs no such origin', () => {
  expect(faultsOfActOrigins({ ...given, actAsOrigins: '' }, 'dev')).toEqual([])
})

test.each([
  [{}, `https://app.example.com,${SUPPORT}`],
  [{ allowedOrigins: '' }, SUPPORT],
  [{ allowedOrigins: '*' }, '*'],
  [{ actAs: 'off' }, 'https://app.example.com'],
])('with %j, pages of %s may read a route with actAs', (changes, expected) => {
  expect(originsWithActs({ ...given, ...changes })).toBe(expected)
})
