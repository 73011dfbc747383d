import { expect, test } from 'vitest'
import { faultsOfPrefix } from './name-prefix.ts'

test('a deployment that changes the names of the stage is rejected, and the reason says what keeps them', () => {
  expect(faultsOfPrefix({ TableName: 'notes-prod' }, 'notes-prod-auth', 'prod')).toEqual([
    'The stage prod has its users in the table notes-prod. This deployment would make an empty one, notes-prod-auth.',
    "Names cannot change: write into auth.config.ts stages: { prod: { namePrefix: 'notes-prod' } }.",
  ])
  expect(faultsOfPrefix({ TableName: 'notes-prod' }, 'notes-prod', 'prod')).toEqual([])
  expect(faultsOfPrefix({}, 'notes-prod-auth', 'prod')).toEqual([])
})
