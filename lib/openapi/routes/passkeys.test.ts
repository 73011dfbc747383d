import { expect, test } from 'vitest'
import { readClientData } from '../../webauthn/client-data.ts'
import { PASSKEY_ROUTES } from './passkeys.ts'

const responses = PASSKEY_ROUTES.flatMap(({ path, body }) =>
  Object.values(body?.examples ?? {})
    .map(({ value }) => Object(value).response?.response)
    .filter((response) => response !== undefined)
    .map((response) => ({ path, response })),
)

test.each(responses)(
  'the example of $path has client data of its ceremony, with a challenge',
  ({ response }) => {
    expect(readClientData(response.clientDataJSON)).toEqual({
      type: 'attestationObject' in response ? 'webauthn.create' : 'webauthn.get',
      challenge: expect.stringMatching(/^[\w-]{43}$/),
      origin: 'https://auth.example.com',
      crossOrigin: false,
    })
  },
)
