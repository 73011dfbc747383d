import { expect, test } from 'vitest'
import { faultsOfForgotten, outputsOfLasting, separateCleared } from './lasting.ts'

const DEFAULTS = { issuer: '', mailFrom: '', pages: 'off', allowedOrigins: '', audience: 'notes-api' }
const ISSUER = 'https://auth.example.com'

test('a stage records the lasting parameters that it was given', () => {
  const values = { ...DEFAULTS, issuer: ISSUER, pages: 'on', tokenTtlSeconds: '600' }
  const given = new Set(['issuer', 'pages', 'allowedOrigins', 'tokenTtlSeconds'])
  expect(outputsOfLasting(given, values)).toEqual({
    GivenIssuer: { Value: ISSUER },
    GivenPages: { Value: 'on' },
  })
  const ofCloudFormation = { ...DEFAULTS, issuer: { Ref: 'X' } as never }
  expect(outputsOfLasting(given, ofCloudFormation)).toEqual({ GivenPages: { Value: 'off' } })
})

const DEPLOYED = { GivenIssuer: ISSUER, GivenPages: 'on', TableName: 'notes-prod' }

test('a deployment that forgets parameters names them, and what keeps and what removes them', () => {
  expect(faultsOfForgotten(DEPLOYED, new Set(['audience']), DEFAULTS, 'prod')).toEqual([
    `The stage prod runs with issuer=${ISSUER}, pages=on. This deployment does not give them, and would take them away.`,
    `To keep: write into auth.config.ts stages: { prod: { issuer: '${ISSUER}', pages: 'on' } }, or repeat the --param of the last deployment.`,
    'To take away: add --param issuer=none --param pages=off',
  ])
})

test.each([
  ['gives another value', ['issuer', 'pages'], { ...DEFAULTS, issuer: 'https://other.example.com' }],
  ['gives the default', ['issuer', 'pages'], DEFAULTS],
  ['has the same default by now', ['issuer'], { ...DEFAULTS, pages: 'on' }],
])('a deployment that %s is not rejected', (_, given, values) => {
  expect(faultsOfForgotten(DEPLOYED, new Set(given), values, 'prod')).toEqual([])
})

test('a first deployment, and one over a stage that was given nothing, are not rejected', () => {
  expect(faultsOfForgotten({}, new Set(), DEFAULTS, 'prod')).toEqual([])
})

test('none on the command line takes away a parameter whose default is nothing', () => {
  const given = [
    'issuer=none',
    'pages=on',
    'allowedOrigins=none',
    'requireSecondFactor=none',
    'mailFrom=a@b.c',
  ]
  expect(separateCleared(given)).toEqual({
    others: ['pages=on', 'requireSecondFactor=none', 'mailFrom=a@b.c'],
    cleared: { issuer: null, allowedOrigins: '' },
  })
})

test('the last value of a parameter decides whether it is taken away', () => {
  const kept = ['issuer=none', `issuer=${ISSUER}`]
  expect(separateCleared(kept)).toEqual({ others: kept, cleared: {} })
  expect(separateCleared(kept.toReversed())).toEqual({ others: [], cleared: { issuer: null } })
})
