import { actingToken } from '../admin/bearers.ts'
import { NO_LIMITS, type TestService } from '../support/service.ts'
import { NEW_PASSWORD, PASSWORD, refresh, signIn, tokensOf } from '../support/users/sessions.ts'

export const ISSUER = 'https://issuer.example'
export const AUDIENCE = 'audience'

/** Tokens by the request after which a client has them, and what their issuer publishes. */
export interface Issued {
  tokens: Record<'login' | 'refresh' | 'password change', string[]>
  /** A token with which an operator acts as a user. */
  act: string
  metadata: Record<string, string>
  jwks: { keys: { kid: string }[] }
}

/** Signs users in, refreshes their tokens, and changes their passwords. */
export async function issueTokens(stores: TestService, usersCount: number): Promise<Issued> {
  const settings = { ...NO_LIMITS, TOKEN_ISSUER: ISSUER, TOKEN_AUDIENCE: AUDIENCE }
  const functions = await stores.load(settings)
  const walk = async () => {
    const login = await signIn(functions, await stores.add())
    const refreshed = tokensOf(await refresh(functions, login.refreshToken))
    const body = { currentPassword: PASSWORD, newPassword: NEW_PASSWORD }
    const { status } = await functions.ask('password', { token: refreshed.authToken, body })
    if (status !== 204) throw new Error(`password: ${status}`)
    const changed = tokensOf(await refresh(functions, refreshed.refreshToken))
    return [login.authToken, refreshed.authToken, changed.authToken] as const
  }
  const issued: Awaited<ReturnType<typeof walk>>[] = []
  // One after the other: many at once exceed the timeouts of their calls on a busy machine.
  for (let count = 0; count < usersCount; count += 1) issued.push(await walk())
  const [operator, user] = [await stores.addUser({ role: 'admin' }), await stores.addUser()]
  const published = async (route: 'metadata' | 'jwks') => JSON.parse((await functions.ask(route, {})).text)
  return {
    tokens: {
      login: issued.map(([token]) => token),
      refresh: issued.map(([, token]) => token),
      'password change': issued.map(([, , token]) => token),
    },
    act: await actingToken({ ...stores, functions }, operator, user),
    metadata: await published('metadata'),
    jwks: await published('jwks'),
  }
}
