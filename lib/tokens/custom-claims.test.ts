import { expect, test, vi } from 'vitest'
import { testUser } from '../../test/support/users.ts'
import { accessTokenInput } from './access-token.ts'

vi.mock('./custom-claims.ts', () => ({
  customClaims: ({ username }: { username: string }) => ({
    'https://example.org/plan': `plan of ${username}`,
    role: 'admin',
    sub: 'another',
    client_id: 'another',
    gen: 0,
    amr: ['none'],
    acr: 'aal2',
    auth_time: 0,
  }),
}))

const ada = testUser({ username: 'ada' })
const session = { id: 'session', authTime: 1_795_618_800, amr: 'pwd' }
const parties = { issuer: 'https://auth.example.com', audience: 'api' }
const now = new Date('2026-11-24T15:00:00.400Z')

test('a custom claim is in every token, and replaces none of the service’s own', () => {
  const input = accessTokenInput(ada, session, { parties, ttlSeconds: 900, tokenId: 'id' }, now)('kid')
  expect(JSON.parse(Buffer.from(input.split('.')[1] ?? '', 'base64url').toString())).toEqual({
    'https://example.org/plan': 'plan of ada',
    iss: 'https://auth.example.com',
    aud: 'api',
    sub: ada.id,
    client_id: 'first-party',
    username: 'ada',
    role: 'user',
    iat: 1795532400,
    exp: 1795533300,
    jti: 'id',
    sid: 'session',
    gen: ada.generation,
    auth_time: 1_795_618_800,
    amr: ['pwd'],
    acr: 'aal1',
  })
})
