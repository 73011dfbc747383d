import { expect, test } from 'vitest'
import { faultOfRegion } from './region.ts'

test.each([
  'cn-north-1',
  'us-gov-west-1',
  'us-iso-east-1',
  'us-isob-east-1',
  'eu-isoe-west-1',
  'eusc-de-east-1',
])('a deployment to %s is rejected', (region) => {
  expect(faultOfRegion(region)).toBe(
    `The service cannot be deployed to ${region}: edge-optimised APIs do not exist in that partition of AWS.`,
  )
})

test.each(['eu-central-1', 'us-east-1', 'ca-central-1', 'mx-central-1', 'il-central-1'])(
  'a deployment to %s is accepted',
  (region) => {
    expect(faultOfRegion(region)).toBeUndefined()
  },
)
