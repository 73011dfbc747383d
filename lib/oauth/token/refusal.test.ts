import { expect, test } from 'vitest'
import { tokenRefusal } from './refusal.ts'

test.each([
  ['shop', 'shop'],
  ['https://app.example/metadata.json?with=any-text', 'app.example'],
  [undefined, undefined],
])('the refusal of %s is logged with %s', (clientId, logged) => {
  expect(tokenRefusal('invalid_grant', 'the reason', clientId)).toMatchObject({
    code: 'malformed_body',
    message: 'the reason',
    event: 'client.refused',
    error: 'invalid_grant',
    log: { clientId: logged, error: 'invalid_grant' },
  })
})

test('a client that is not authenticated is an invalid token to the log, and not an invalid body', () => {
  expect(tokenRefusal('invalid_client', 'wrong secret', 'shop')).toMatchObject({
    code: 'invalid_token',
    error: 'invalid_client',
    detail: 'The client is unknown, or its secret is wrong.',
  })
})
