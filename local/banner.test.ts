import { expect, test } from 'vitest'
import { banner } from './banner.ts'

const URL_ = 'http://localhost:3000'
const linesOf = (hasPages: boolean, hasMail: boolean) =>
  banner(URL_, new URL('http://127.0.0.1:8000'), { hasPages, hasMail }).split('\n').slice(1, 7)

const START = `  serverless-jwt-auth is running at ${URL_}`
const SIGN_IN = `  Sign-in page  ${URL_}/signin`
const API = `  API page      ${URL_}/docs`
const MAILBOX = `  Mailbox       ${URL_}/mailbox`
const USERS = '  Demo users, on this machine only: user (password user) and admin (password admin)'

test('the banner names the pages that the service has', () => {
  expect(linesOf(true, true)).toEqual([START, '', SIGN_IN, API, MAILBOX, ''])
  expect(linesOf(true, false)).toEqual([START, '', SIGN_IN, API, '', USERS])
  expect(linesOf(false, true).slice(0, 5)).toEqual([START, '', MAILBOX, '', USERS])
  expect(linesOf(false, false).slice(0, 3)).toEqual([START, '', USERS])
})
