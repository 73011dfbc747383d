import { expect, inject, test } from 'vitest'

const url = inject('serviceUrl')

test('without a token the user content answers 401 and a problem', async () => {
  const response = await fetch(`${url}/`)
  expect(response.status).toBe(401)
})
