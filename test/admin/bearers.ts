import type { User } from '../../lib/users/user.ts'
import { addClient, queryOf, SECRET, VERIFIER } from '../oauth/clients.ts'
import { addNotesApi, notesScopes } from '../oauth/own-api.ts'
import { cookieOf, OWN_PAGE, refreshTokenIn } from '../support/http/cookies.ts'
import type { TestService } from '../support/service.ts'
import { beginInCookie, consoleHeaders } from './console.ts'

/** Returns a token with which an administrator acts as a user. */
export async function actingToken(
  service: Pick<TestService, 'functions' | 'table' | 'settled'>,
  admin: User,
  target: User,
): Promise<string> {
  const headers = consoleHeaders(await beginInCookie(service, admin), admin.id)
  const body = { userId: target.id, reason: 'support' }
  const { text } = await service.functions.ask('POST /act-as', { headers, body })
  const { code } = JSON.parse(text)
  const exchanged = await service.functions.ask('POST /act-as/token', { body: { code } })
  await service.settled()
  return JSON.parse(exchanged.text).authToken
}

/** Returns a token of each kind that the service issues, of an administrator where it has a user. */
export async function bearers(
  service: TestService,
  user: User,
  target: User,
): Promise<Record<string, string>> {
  const { functions, table } = service
  await addNotesApi(table)
  const scopes = ['openid', ...notesScopes('notes:read')]
  await addClient(table, { id: 'reader', scopes })
  await addClient(table, {
    id: 'robot',
    type: 'machine',
    redirectUris: [],
    scopes: notesScopes('notes:read'),
  })
  const page = { headers: { ...OWN_PAGE, ...cookieOf(await beginInCookie(service, user)) }, body: {} }
  const refreshed = await functions.ask('POST /refresh', page)
  const { authToken } = JSON.parse(refreshed.text)
  const ofClient = async (form: Record<string, string>): Promise<string> => {
    const body = new URLSearchParams({ client_secret: SECRET, ...form })
    return JSON.parse((await functions.ask('POST /oauth2/token', { body })).text).access_token
  }
  const headers = {
    ...OWN_PAGE,
    ...cookieOf(refreshTokenIn(refreshed.headers)),
    Authorization: `Bearer ${authToken}`,
  }
  const scope = 'openid notes:read'
  const body = { query: queryOf({ client_id: 'reader', scope }), click: { sub: user.id, scope } }
  const approved = await functions.ask('POST /oauth2/approve', { headers, body })
  const code = String(new URL(JSON.parse(approved.text).location).searchParams.get('code'))
  return {
    application: authToken,
    client: await ofClient({
      grant_type: 'authorization_code',
      client_id: 'reader',
      code,
      code_verifier: VERIFIER,
    }),
    'act-as': await actingToken(service, user, target),
    machine: await ofClient({ grant_type: 'client_credentials', client_id: 'robot', scope: 'notes:read' }),
  }
}
