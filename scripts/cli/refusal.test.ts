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

test('a denial by the policy of a table names the parameter operators', () => {
  const cause = Object.assign(
    new Error(
      'User: arn:aws:iam::123456789012:user/ada is not authorized to perform: dynamodb:GetItem on resource: t with an explicit deny in a resource-based policy',
    ),
    { name: 'AccessDeniedException' },
  )
  const { message } = refusalOf(new ServiceError('unavailable', 'dynamodb GetItem failed', { cause }))
  expect(message).toMatch(
    /^The store failed: AccessDeniedException User: .* policy\. The parameter operators must have the ARN of this role or user, without a pattern if it is of the project\.$/,
  )
})
