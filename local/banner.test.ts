import { expect, test } from 'vitest'
import { isCovered, ROLES } from '../lib/application/roles.ts'
import { banner } from './banner.ts'

const [URL_, DYNAMODB] = ['http://localhost:3000', new URL('http://127.0.0.1:49152')]
const NOTHING = {
  service: 'notes',
  hasPages: false,
  hasMail: false,
  hasOAuth: false,
  requireSecondFactor: 'none',
} as const

const START = `  notes is running at ${URL_}`
const SIGN_IN = `  Sign-in page  ${URL_}/signin`
const API = `  API page      ${URL_}/docs`
const MAILBOX = `  Mailbox       ${URL_}/mailbox`
const USERS = `  Demo users, on this machine only: ${ROLES.map((role) => `${role} (password ${role})`).join(', ')}`
const COVERED = ROLES.filter(isCovered)

test('the banner names the pages that the service has', () => {
  expect(linesOf(true, true)).toEqual([START, '', SIGN_IN, API, MAILBOX, ''])
  expect(linesOf(true, false)).toEqual([START, '', SIGN_IN, API, '', USERS])
  expect(linesOf(false, true).slice(0, 5)).toEqual([START, '', MAILBOX, '', USERS])
  expect(linesOf(false, false).slice(0, 3)).toEqual([START, '', USERS])
})

test('the banner names an app to try, if apps can sign users in', () => {
  const app = `    SERVICE=${URL_} node examples/oidc-server/server.js  # an app that signs in here`
  expect(banner(URL_, DYNAMODB, { ...NOTHING, hasOAuth: true }).split('\n')).toContain(app)
  expect(banner(URL_, DYNAMODB, NOTHING)).not.toContain('SERVICE')
})

test('what to try over https trusts the certificate of the service', () => {
  const url = 'https://localhost:3000'
  const features = { ...NOTHING, hasOAuth: true, certificate: 'cert.pem' }
  expect(banner(url, DYNAMODB, features).split('\n').slice(7, 10)).toEqual([
    '  Try it:',
    `    curl --cacert cert.pem ${url}/login -H 'Content-Type: application/json' -d '{"username":"${ROLES[0]}","password":"${ROLES[0]}"}'`,
    `    NODE_EXTRA_CA_CERTS=cert.pem SERVICE=${url} node examples/oidc-server/server.js  # an app that signs in here`,
  ])
})

test.each([
  { policy: 'all', names: ROLES.join(' and '), first: ROLES[0] },
  { policy: 'administrators', names: COVERED.join(' and '), first: COVERED[0] },
] as const)('the banner says how $names enrol under the policy $policy', ({ policy, names, first }) => {
  const lines = banner(URL_, DYNAMODB, { ...NOTHING, requireSecondFactor: policy }).split('\n')
  const line = `  With requireSecondFactor=${policy}, the first sign-in of ${names} needs a code, which this prints:`
  const command = `    npm run users -- start-enrolment ${first} --local`
  expect(lines.slice(3, 6)).toEqual([USERS, line, command])
})

const linesOf = (hasPages: boolean, hasMail: boolean) =>
  banner(URL_, DYNAMODB, { ...NOTHING, hasPages, hasMail })
    .split('\n')
    .slice(1, 7)
