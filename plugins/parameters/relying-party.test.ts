import { describe, expect, test } from 'vitest'
import { faultsOf } from './parameters.ts'
import { faultOfChange, noticeOfRelyingParty, relyingPartyOf } from './relying-party.ts'

const none = { rpId: null, rpOrigins: null, publicUrl: null, issuer: null }
const LOCAL = 'http://localhost:3000'
const AUTH = 'https://auth.example.com'
const APP = 'https://app.example.com'

test.each([
  ['the local service', none, LOCAL, 'localhost', [LOCAL]],
  ['the local service, with an issuer', { ...none, issuer: AUTH }, LOCAL, 'localhost', [LOCAL]],
  ['an issuer', { ...none, issuer: `${AUTH}/v1` }, undefined, 'auth.example.com', [AUTH]],
  [
    'publicUrl before the issuer',
    { ...none, issuer: AUTH, publicUrl: APP },
    undefined,
    'app.example.com',
    [APP],
  ],
  ['rpId', { ...none, rpId: 'example.com', publicUrl: APP }, undefined, 'example.com', [APP]],
  [
    'rpId at the local service',
    { ...none, rpId: 'example.com', publicUrl: APP },
    LOCAL,
    'example.com',
    [APP],
  ],
  [
    'rpId and rpOrigins',
    { ...none, rpId: 'example.com', rpOrigins: `${APP},${AUTH}` },
    undefined,
    'example.com',
    [APP, AUTH],
  ],
  [
    'rpOrigins at the local service',
    { ...none, rpOrigins: `${LOCAL},http://localhost:5173` },
    LOCAL,
    'localhost',
    [LOCAL, 'http://localhost:5173'],
  ],
  ['the own address of the API', none, undefined, undefined, []],
])('the relying party of %s', (_name, parameters, localUrl, id, origins) => {
  expect(relyingPartyOf(parameters, localUrl)).toEqual({ id, origins })
})

const ID = 'The parameter rpId must be a domain of your own in lower case, such as example.com.'
const ORIGINS =
  'The parameter rpOrigins must be https origins such as https://app.example.com, or http://localhost:3000, separated by commas, with nothing after the host or port.'

describe('the parameter rpId', () => {
  test.each([
    'example.com',
    'app.example.com',
    'example.co.uk',
    'app.internal',
    'abcdef1234.execute-api.eu-central-1.amazonaws.com',
  ])('may be %s', (rpId) => {
    expect(faultsOf('prod', { rpId, rpOrigins: `https://${rpId}` })).toEqual([])
  })

  test.each([
    'com',
    'co.uk',
    'github.io',
    'execute-api.eu-central-1.amazonaws.com',
    'https://example.com',
    'example.com:443',
    'Example.com',
    'exämple.com',
    '192.0.2.7',
    '*.example.com',
    'example.com.',
  ])('may not be %s', (rpId) => {
    expect(faultsOf('prod', { rpId, rpOrigins: AUTH })).toEqual([ID])
  })

  test('may be localhost on a developer’s machine', () => {
    expect(faultsOf('dev', { rpId: 'localhost' }, LOCAL)).toEqual([])
  })

  test('needs origins', () => {
    expect(faultsOf('prod', { rpId: 'example.com' })).toEqual([
      'The parameter rpId needs rpOrigins, the origins of the pages with passkeys.',
    ])
    expect(faultsOf('prod', { rpId: 'example.com', issuer: AUTH })).toEqual([])
  })
})

describe('the parameter rpOrigins', () => {
  test.each([
    [AUTH, 'example.com'],
    [`${AUTH}:8443,${APP}`, 'example.com'],
    ['http://localhost:5173,http://localhost', 'localhost'],
  ])('may be %s', (rpOrigins, rpId) => {
    expect(faultsOf('prod', { rpId, rpOrigins })).toEqual([])
  })

  test.each([
    'http://auth.example.com',
    'http://127.0.0.1',
    `${AUTH}/`,
    `${AUTH}/a`,
    'auth.example.com',
    '*',
    `${AUTH},`,
  ])('may not be %s', (rpOrigins) => {
    expect(faultsOf('prod', { rpId: 'example.com', rpOrigins })).toEqual([ORIGINS])
  })

  test('needs an rpId', () => {
    expect(faultsOf('prod', { rpOrigins: AUTH })).toEqual([
      'The parameter rpOrigins needs rpId, the domain that passkeys are bound to.',
    ])
  })

  test.each([
    ['https://auth.example.org', 'example.com'],
    ['https://evilexample.com', 'example.com'],
    ['https://example.com', 'auth.example.com'],
    ['http://localhost:3000', 'example.com'],
  ])('may not have %s with the rpId %s', (origin, rpId) => {
    expect(faultsOf('prod', { rpId, rpOrigins: origin })).toEqual([
      `Passkeys of the rpId ${rpId} do not work at ${origin}. Its host must be ${rpId} or end in .${rpId}: set rpId or rpOrigins.`,
    ])
  })
})

test('the default of rpOrigins must fit rpId too', () => {
  expect(faultsOf('prod', { rpId: 'example.org', issuer: AUTH })).toHaveLength(1)
})

const own = { 'Fn::Sub': '' }
const OWN = 'abcdef1234.execute-api.eu-central-1.amazonaws.com'

test('the first deployment says that the RP ID can never change', () => {
  expect(noticeOfRelyingParty('example.com')).toBe(
    'Passkeys are bound to example.com (parameter rpId). This can never change afterwards: passkeys do not move to another domain.',
  )
  expect(noticeOfRelyingParty(own)).toContain('bound to the address of the API')
})

test.each([
  ['example.com', 'example.org', true],
  ['example.com', own, true],
  [OWN, 'example.com', true],
  ['example.com', 'example.com', false],
  [OWN, own, false],
])('a deployment that changes the RP ID from %s to %s is rejected: %s', (deployed, id, isRejected) => {
  const fault = faultOfChange(deployed, id)
  expect(fault !== undefined).toBe(isRejected)
  if (isRejected)
    expect(fault).toContain(`Set rpId=${deployed}, or deploy with --force if no user has a passkey.`)
})
