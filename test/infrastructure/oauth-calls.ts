import { vi } from 'vitest'
import { attribute, type Table, writeIf } from '../../lib/aws/dynamodb.ts'
import { clientKey } from '../../lib/oauth/clients/store.ts'
import { AMR } from '../../lib/users/factors.ts'
import { addApi, addClient, type Changes, queryOf } from '../oauth/clients.ts'
import { cookieOf, OWN_PAGE } from '../support/cookies.ts'
import { sampleEvent } from '../support/lambda.ts'
import { addCaller, type Run } from './factor-calls.ts'

/**
 * Makes the functions of OAuth do all that they can do to AWS: a user approves a client with more and more scopes, also after a
 * change of the client, and with a token that was replaced earlier.
 */
export async function runOAuth(run: Run, table: Table): Promise<void> {
  const { id, newSession } = await addCaller(run, table, { username: 'olga' }, AMR.password)
  await addApi(table)
  await addClient(table, { scopes: ['openid', 'profile', 'https://orders.example orders.read'] })
  const { refreshToken } = await newSession()

  const approve = async (scope: string, more: object = {}, changes: Changes = {}) => {
    const event = sampleEvent('approve.json')
    const headers = { ...OWN_PAGE, ...cookieOf(refreshToken) }
    const body = JSON.stringify({ query: queryOf({ scope, ...changes }), ...more })
    const response = await run('approve', { ...event, headers, multiValueHeaders: {}, body })
    return JSON.parse(Object(response).body)
  }
  const agree = (scope: string) => approve(scope, { click: { sub: id, scope } })

  await agree('openid orders.read')
  await agree('openid profile')
  await approve('openid')
  const unsigned = `${Buffer.from('{"alg":"RS256","kid":"unknown"}').toString('base64url')}.e30.AA`
  await approve('openid', {}, { id_token_hint: unsigned })
  await writeIf(table, 'UpdateItem', {
    Key: clientKey('shop'),
    UpdateExpression: 'SET generation = :next',
    ExpressionAttributeValues: { ':next': attribute(8) },
  })
  await agree('openid')
  const refresh = { ...sampleEvent('refresh.json'), body: JSON.stringify({ refreshToken }) }
  await run('refresh', refresh)
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 11_000 })
  await approve('openid')
  vi.useRealTimers()
}
