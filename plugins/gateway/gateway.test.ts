import { expect, test } from 'vitest'
import { allowOrigins } from './gateway.ts'

const APP = 'https://app.example.com'
const SUPPORT = 'https://support.example.net'

const route = (method: string, withActs: boolean) => ({
  handler: 'functions/orders.handler',
  events: [{ http: { method, path: 'orders', authorizer: { name: 'auth' } } as Record<string, unknown> }],
  environment: withActs ? { AUTH_TAKES_ACTS: 'on', AUTH_ALLOWED_ORIGINS: `${APP},${SUPPORT}` } : {},
})

test.each([
  [true, false],
  [false, true],
])('a path has the preflight of its route with actAs, in each order: %j, %j', (...withActs) => {
  const functions = Object.fromEntries(
    withActs.map((one, index) => [`orders${index}`, route(one ? 'get' : 'post', one)]),
  )
  allowOrigins(
    {
      provider: { environment: {} },
      functions,
      resources: { Resources: {}, Outputs: {} },
      custom: {
        auth: { allowedOrigins: APP, actAs: 'on', actAsOrigins: SUPPORT, authorizer: { name: 'auth' } },
      },
    } as unknown as Parameters<typeof allowOrigins>[0],
    { functions: new Set(), brought: new Set(), resources: new Set() },
  )
  const origins = Object.values(functions).flatMap(({ events }) =>
    events.map(({ http }) => Object(http.cors).origin),
  )
  expect(origins).toEqual([`${APP},${SUPPORT}`, `${APP},${SUPPORT}`])
})
