import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ROUTES } from '../../lib/openapi/routes.ts'
import { root } from '../support/process/service-description.ts'

interface Request {
  method: string
  endpoint: string
}
const { requests }: { requests: Request[] } = JSON.parse(
  readFileSync(`${root}/examples/hoppscotch/jwt-demo.json`, 'utf8'),
)

/** Routes that need a browser or an enrolment, or are shown by others. */
const LEFT_OUT = [
  'GET /userinfo',
  'POST /userinfo',
  'POST /oauth2/approve',
  'POST /oauth2/signout',
  'POST /oauth2/token',
  'POST /oauth2/revoke',
  'GET /.well-known/openid-configuration',
  'GET /.well-known/oauth-authorization-server',
  // Exists if a function names scopes.
  'GET /.well-known/oauth-protected-resource',
  'POST /enrolment/totp',
  'POST /enrolment/totp/confirm',
  'POST /enrolment/passkey/options',
  'POST /enrolment/passkey',
]

test('the collection of Hoppscotch requests every route, except those that are left out', () => {
  const requested = requests.map(({ method, endpoint }) => `${method} ${endpoint.replace('<<baseUrl>>', '')}`)
  const isRequested = ({ method, path }: (typeof ROUTES)[number]) =>
    requested.some((request) =>
      new RegExp(`^${method.toUpperCase()} ${path.replace(/\{\w+\}/g, '[\\w-]+')}$`).test(request),
    )
  const missing = ROUTES.filter((route) => !isRequested(route)).map(
    ({ method, path }) => `${method.toUpperCase()} ${path}`,
  )
  expect(missing.filter((route) => !LEFT_OUT.includes(route))).toEqual([])
})
