import { expect, test } from 'vitest'
import { switchOff } from './switches.ts'

const PAGES = ['docs', 'signin']
const MAIL = ['mailer', 'forgot', 'reset', 'change-email', 'confirm-email']

const ENROLMENT = ['enrolment/mail', 'enrolment/proof', 'factors/cancel-reset']
const CONFIRM_TOTP = ['factors/totp/confirm', 'enrolment/totp/confirm']

const INVOKE = { Action: ['lambda:InvokeFunction'] }
const READ = { Action: ['dynamodb:BatchGetItem'] }

/** Returns the service that is left. It has a function of a user's own, and one that invokes the mailer. */
function left(given: {
  pages: string
  mailFrom: string
  registration: string
  requireSecondFactor?: string
}) {
  const custom = { requireSecondFactor: 'none', ...given }
  const removable = [...PAGES, ...MAIL, 'register', 'new-account']
  const functions: Parameters<typeof switchOff>[0]['functions'] = {
    ...Object.fromEntries(removable.map((name) => [name, {}])),
    enrolment: { events: ENROLMENT.map((path) => ({ http: { path } })) },
    'confirm-totp': { events: CONFIRM_TOTP.map((path) => ({ http: { path } })) },
    own: { environment: { TABLE_NAME: 'table' }, iamRoleStatements: [READ, INVOKE] },
    login: { environment: { MAILER: 'mailer' }, iamRoleStatements: [READ, INVOKE] },
  }
  const service = { custom, functions }
  switchOff(service)
  return service.functions
}

const namesOf = (custom: Parameters<typeof left>[0]) =>
  Object.keys(left(custom))
    .filter((name) => !['own', 'login', 'enrolment', 'confirm-totp'].includes(name))
    .sort()

const mailFrom = 'no-reply@example.org'

test.each([
  [{ pages: 'off', mailFrom: '', registration: 'off' }, []],
  [{ pages: 'on', mailFrom: '', registration: 'off' }, PAGES],
  // Without mails, users cannot confirm an address.
  [{ pages: 'off', mailFrom: '', registration: 'open' }, []],
  [{ pages: 'off', mailFrom, registration: 'off' }, MAIL],
  [{ pages: 'off', mailFrom, registration: 'invite' }, [...MAIL, 'new-account']],
  [{ pages: 'off', mailFrom, registration: 'open' }, [...MAIL, 'new-account', 'register']],
])('with %j the functions %j are left', (custom, expected) => {
  expect(namesOf(custom)).toEqual(expected.toSorted())
})

test.each([
  ['none', mailFrom, ['factors/totp/confirm', 'factors/cancel-reset']],
  ['none', '', ['factors/totp/confirm']],
  ['admin', '', [...CONFIRM_TOTP, 'enrolment/proof']],
  ['all', mailFrom, [...CONFIRM_TOTP, ...ENROLMENT]],
])('with the policy %s and the sender "%s", the routes of factors are %j', (policy, sender, expected) => {
  const functions = left({ pages: 'off', mailFrom: sender, registration: 'off', requireSecondFactor: policy })
  const paths = Object.values(functions).flatMap(({ events = [] }) =>
    events.map(({ http }) => Object(http).path),
  )
  expect(paths.toSorted()).toEqual(expected.toSorted())
  // A function without a route is not deployed.
  expect('enrolment' in functions).toBe(expected.some((path) => ENROLMENT.includes(path)))
})

test('without mails, no function knows a mailer or may invoke one', () => {
  const { login, own } = left({ pages: 'on', mailFrom: '', registration: 'off' })
  expect(login).toEqual({ environment: { MAILER: '' }, iamRoleStatements: [READ] })
  // It may have a permission of its own.
  expect(own).toEqual({ environment: { TABLE_NAME: 'table' }, iamRoleStatements: [READ, INVOKE] })
})

test('with mails, a function keeps the mailer', () => {
  const { login } = left({ pages: 'on', mailFrom, registration: 'off' })
  expect(login).toEqual({ environment: { MAILER: 'mailer' }, iamRoleStatements: [READ, INVOKE] })
})
