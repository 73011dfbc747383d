import { expect, test } from 'vitest'
import { actOrigins, faultsOfActOrigins, originsWithActs } from './act-origins.ts'

const SUPPORT = 'https://support.example.net'
const given = {
  actAs: 'on',
  actAsOrigins: SUPPORT,
  allowedOrigins: 'https://app.example.com',
  issuer: 'https://auth.example.com/prod',
  publicUrl: 'https://login.example.com',
}

const near = (origin: string, url: string) =>
  `The parameter actAsOrigins has ${origin}, on the site of ${url}, where sessions are. Operators need another site, with the same pages.`

test.each([
  [{}, undefined],
  [{ actAs: 'off' }, 'The parameter actAsOrigins needs actAs=on.'],
  [{ actAs: 'off', actAsOrigins: '' }, undefined],
  [{ actAs: `\${env:ACTS}` }, undefined],
  [{ actAsOrigins: `\${env:ORIGINS}` }, undefined],
  [
    { actAsOrigins: '' },
    'The parameter actAs needs actAsOrigins: where operators see the application as a user.',
  ],
  [{ allowedOrigins: '*' }, undefined],
  [{ rpOrigins: 'https://login.example.net' }, near(SUPPORT, 'https://login.example.net')],
  ...['https://app.example.com:8443', 'https://other.example.com', 'https://example.com'].map(
    (origin): [object, string] => [
      { actAsOrigins: `${SUPPORT},${origin}` },
      near(origin, 'https://app.example.com'),
    ],
  ),
])('with %j the fault is %s', (changes, fault) => {
  expect(faultsOfActOrigins({ ...given, ...changes }, 'prod', undefined)).toEqual(fault ? [fault] : [])
})

test('a stage of a developer needs no such origin', () => {
  expect(faultsOfActOrigins({ ...given, actAsOrigins: '' }, 'dev', undefined)).toEqual([])
})

test.each([
  ['http://127.0.0.1:5174', false],
  ['http://localhost:5174', true],
  ['https://localhost:5174', true],
])('on the machine of a developer, %s shares cookies with the service: %s', (actAsOrigins, isNear) => {
  const own = 'http://localhost:3000'
  const faults = faultsOfActOrigins({ actAs: 'on', actAsOrigins }, 'dev', own)
  expect(faults).toEqual(isNear ? [near(actAsOrigins, own)] : [])
})

test.each(['', SUPPORT, `${SUPPORT},https://b.example.net:8443`, 'http://127.0.0.1:5174'])(
  '"%s" is accepted',
  (text) => {
    expect(() => actOrigins(text)).not.toThrow()
  },
)

test.each([
  '*',
  'http://support.example.net',
  'https://support.example.net/',
  'https://Support.example.net',
  'https://*.example.net',
  `${SUPPORT},`,
  'null',
])('"%s" is rejected', (text) => {
  expect(() => actOrigins(text)).toThrow(/^must be https origins/)
})

test.each([
  [{}, `https://app.example.com,${SUPPORT}`],
  [{ allowedOrigins: '' }, SUPPORT],
  [{ allowedOrigins: '*' }, '*'],
  [{ actAs: 'off' }, 'https://app.example.com'],
])('with %j, pages of %s may read a route with actAs', (changes, expected) => {
  expect(originsWithActs({ ...given, ...changes })).toBe(expected)
})
