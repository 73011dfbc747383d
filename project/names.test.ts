import { expect, test } from 'vitest'
import { eventsTableOf } from '../lib/events/event.ts'
import { functionName, namesOf, usualAudience, usualPrefix } from './names.ts'

test('all names begin with service, stage and auth', () => {
  const prefix = usualPrefix('shop', 'prod')
  expect(namesOf(prefix)).toEqual({
    tableName: 'shop-prod-auth',
    eventsTableName: 'shop-prod-auth-events',
    keyA: 'alias/shop-prod-auth-a',
    keyB: 'alias/shop-prod-auth-b',
    factorKey: 'alias/shop-prod-auth-factors',
    logGroup: '/aws/lambda/shop-prod-auth-functions',
    authorizerLogGroup: '/aws/lambda/shop-prod-auth-authorizer',
  })
  expect(functionName(prefix, 'login')).toBe('shop-prod-auth-login')
})

test('functions find the table of events by the name of the other one', () => {
  const { tableName: name, eventsTableName } = namesOf('shop-prod-auth')
  expect(eventsTableOf({ name })).toBe(eventsTableName)
})

test.each([
  ['shop-auth-dev-auth', 'shop-auth-dev-api'],
  ['mine', 'mine-api'],
])('a local service with the names %s has the audience %s', (prefix, audience) => {
  expect(usualAudience(prefix)).toBe(audience)
})
