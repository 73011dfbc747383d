import { type Table, transact } from '../../lib/aws/dynamodb.ts'
import { type Identity, linkWrites } from '../../lib/federation/identity.ts'
import type { ProviderWithSecret } from '../../lib/federation/provider.ts'
import { encryptProviderSecret } from '../../lib/federation/secret.ts'
import { createProvider } from '../../lib/federation/store.ts'
import { cookieOf, OWN_PAGE } from '../support/http/cookies.ts'
import type { ApiResponse, Functions } from '../support/http/functions.ts'
import { describeService } from '../support/process/service-description.ts'
import { testAct } from '../support/users/users.ts'
import { CLIENT_SECRET, type startFarEnd } from './far-end.ts'

/** Address of the service in these tests. */
export const PUBLIC_URL = 'https://auth.example.com'

type FarEnd = Awaited<ReturnType<typeof startFarEnd>>

/** Stores a far end as an identity provider, as an operator does. */
export async function addProvider(
  table: Table,
  farEnd: FarEnd,
  changes: Partial<ProviderWithSecret> = {},
  clientSecret = CLIENT_SECRET,
): Promise<ProviderWithSecret> {
  const provider = farEnd.provider(changes)
  const { factorKey } = describeService().custom.auth
  provider.secret = await encryptProviderSecret(table.aws, factorKey, provider.id, clientSecret)
  const outcome = await createProvider(table, provider, testAct())
  if (outcome !== 'done') throw new Error(`${provider.id} is ${outcome}`)
  return provider
}

/** Links an identity, as `POST /identities` does. */
export async function link(
  table: Table,
  userId: string,
  identity: Pick<Identity, 'issuer' | 'subject'>,
): Promise<void> {
  const createdAt = '2026-12-01T00:00:00.000Z'
  const all = { provider: 'demo', label: 'a label', createdAt, ...identity }
  if (await transact(table, linkWrites(userId, all))) throw new Error('the identity is linked already')
}

/** What a browser sends in these tests. */
export interface Sending {
  /** Refresh token of the session in the browser. */
  session?: string
  headers?: Record<string, string>
  sourceIp?: string
  body?: object
}

/** A browser, which keeps its key, at a service and a far end. */
export function browserAt(functions: Pick<Functions, 'ask'>, farEnd: FarEnd, provider = 'demo') {
  let key = ''
  const headersOf = ({ session, headers }: Sending) => {
    const cookies = [...(session ? [cookieOf(session).Cookie] : []), ...(key ? [`__Host-try=${key}`] : [])]
    const cookie = cookies.length > 0 ? { Cookie: cookies.join('; ') } : {}
    return { ...OWN_PAGE, Origin: PUBLIC_URL, ...cookie, ...headers }
  }
  const send = (route: string, body: object, sending: Sending): Promise<ApiResponse> => {
    const { sourceIp } = sending
    const asking = { body: { ...body, ...sending.body }, headers: headersOf(sending) }
    return functions.ask(route, { ...asking, ...(sourceIp !== undefined && { sourceIp }) })
  }

  return {
    /** Asks where to go. The next id_token has the nonce of that. */
    async begin(sending: Sending = {}): Promise<{ response: ApiResponse; state: string }> {
      const response = await send('POST /login/provider/options', { provider }, sending)
      const [, stored] = /^__Host-try=([\w-]{43});/.exec(String(response.headers['Set-Cookie'])) ?? []
      key = stored ?? key
      const { authorizationUrl } = JSON.parse(response.text)
      const sent = new URLSearchParams(authorizationUrl?.split('?')[1])
      farEnd.claims.nonce = sent.get('nonce')
      return { response, state: sent.get('state') ?? '' }
    },
    /** Sends the response of the far end. */
    respond: (
      state: string,
      sending: Sending = {},
      more: Record<string, string> = {},
    ): Promise<ApiResponse> => {
      const query = new URLSearchParams({ code: 'a-code', state, ...more }).toString()
      return send('POST /login/provider', { provider, query }, sending)
    },
    /** Does both. The body is that of the response. */
    async signIn(sending: Sending = {}) {
      const { body: _, ...rest } = sending
      const { state } = await this.begin(rest)
      const { status, text, headers } = await this.respond(state, sending)
      return { status, headers, body: JSON.parse(text) }
    },
    setKey: (value: string) => {
      key = value
    },
    key: () => key,
  }
}
