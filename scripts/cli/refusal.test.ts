import { expect, test } from 'vitest'
import { ServiceError } from '../../lib/errors.ts'
import { refusalOf } from './refusal.ts'

test.each(['ENOTFOUND', 'EAI_AGAIN'])('a region with a typo is named after %s', (code) => {
  const cause = Object.assign(new Error(`getaddrinfo ${code} dynamodb.eu-centrl-1.amazonaws.com`), { code })
  const message =
    'Host dynamodb.eu-centrl-1.amazonaws.com was not found. Is eu-centrl-1 a region of AWS? Is there a network?'
  const failed = new ServiceError('unavailable', 'dynamodb Scan failed', { cause })
  for (const error of [failed, cause]) {
    expect(refusalOf(error)).toMatchObject({ outcome: 'failed', message })
  }
})

test('another host that is not found is named', () => {
  expect(refusalOf(new Error('getaddrinfo ENOTFOUND proxy.example'))).toMatchObject({
    message: 'Host proxy.example was not found. Is there a network?',
  })
})

test('a client of AWS that is not installed is asked for in one line', () => {
  const name = '@aws-sdk/client-of-nothing'
  const error = new Error(`Cannot find package '${name}' imported from /notes/ses.js`)
  expect(refusalOf(error)).toMatchObject({
    outcome: 'failed',
    message: `This command needs the package ${name}. Run: npm install --save-dev ${name}`,
  })
})
