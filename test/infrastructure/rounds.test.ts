import type { APIGatewayTokenAuthorizerEvent } from 'aws-lambda'
import { afterEach, expect, test, vi } from 'vitest'
import { handler as authorizer } from '../../functions/authorizer.ts'
import { handler as refresh } from '../../functions/sessions/refresh.ts'
import { addClient, SECRET } from '../oauth/clients.ts'
import { addNotesApi, notesScopes, withNotes } from '../oauth/own-api.ts'
import { withHeaders } from '../support/http/cookies.ts'
import { inEnvironment } from '../support/http/handlers.ts'
import {
  aws,
  begin,
  call,
  context,
  eventOf,
  later,
  service,
  stored,
  table,
  useRoutes,
} from '../support/http/routes.ts'
import { environmentOf } from '../support/process/service-description.ts'
import { edge, inRounds } from '../support/rounds.ts'

// The rounds of a sign-in are in functions/sessions/login.test.ts.

vi.mock('../../lib/aws/client.ts', async (original) =>
  (await import('../support/rounds.ts')).withEdge(await original()),
)

useRoutes()
afterEach(() => {
  edge.around = (call) => call
})

test('a refresh makes three rounds: it reads, signs and rotates', async () => {
  const refreshToken = await beginDue()
  const rounds = await roundsOf(() => sendRefresh(refreshToken))
  expect(rounds).toEqual([[await read()], ['Sign'], [await session()]])
})

test('a refresh within the grace makes two rounds: it reads and signs', async () => {
  const refreshToken = await sendRefresh(await beginDue())
  expect(await roundsOf(() => sendRefresh(refreshToken))).toEqual([[await read()], ['Sign']])
})

test('a refresh that another one precedes makes four rounds: it reads once more', async () => {
  const refreshToken = await beginDue()
  let first: string | undefined
  const rounds = await roundsOf(async () => {
    const watch = edge.around
    edge.around = (call) =>
      watch(async (...parameters) => {
        if (parameters[1] === 'UpdateItem') {
          edge.around = (other) => other
          // In the same millisecond both would write the same values, and neither would be refused.
          vi.setSystemTime(later(10.001))
          first ??= await sendRefresh(refreshToken)
        }
        return call(...parameters)
      })
    expect(await sendRefresh(refreshToken)).toBe(first)
  })
  expect(rounds).toEqual([[await read()], ['Sign'], [await session()], [await read()]])
})

test('an authorization makes one round, also the first one, which reads the keys', async () => {
  const event = (await eventOf('authorizer')) as unknown as APIGatewayTokenAuthorizerEvent
  const send = () => inEnvironment(environmentOf(service, 'authorizer', aws), authorizer)(event, context)
  const own = `GetItem ${await user()} profile`
  expect(await roundsOf(send)).toEqual([[own, 'GetPublicKey', 'GetPublicKey']])
  expect(await roundsOf(send)).toEqual([[own]])
})

test('with routes for clients, users are read as before, and a machine in one round after the keys', async () => {
  await addNotesApi(table)
  const robot = { id: 'robot', type: 'machine' as const, redirectUris: [], scopes: notesScopes('notes:read') }
  await addClient(table, robot)
  const environment = environmentOf(withNotes(service), 'authorizer', aws)
  const handler = inEnvironment(environment, authorizer)
  const event = (await eventOf('authorizer')) as unknown as APIGatewayTokenAuthorizerEvent
  await handler(event, context)
  expect(await roundsOf(() => handler(event, context))).toEqual([[`GetItem ${await user()} profile`]])

  const fields = { grant_type: 'client_credentials', client_id: 'robot', client_secret: SECRET }
  const form = { ...withHeaders({ 'Content-Type': 'application/x-www-form-urlencoded' }) }
  const { body } = await call('token', 'token', { ...form, body: String(new URLSearchParams(fields)) })
  const ofMachine = { ...event, authorizationToken: `Bearer ${body.access_token}` }
  expect(await roundsOf(() => handler(ofMachine, context))).toEqual([['BatchGetItem client#robot client']])
})

/** Returns the calls of a request, by rounds. */
async function roundsOf(send: () => Promise<unknown>): Promise<string[][]> {
  let rounds = () => [] as string[][]
  edge.around = (call) => {
    const watched = inRounds(call)
    rounds = watched.rounds
    return watched.aws
  }
  await send()
  edge.around = (call) => call
  return rounds()
}

async function sendRefresh(refreshToken: string): Promise<string> {
  const event = await eventOf('refresh', { body: JSON.stringify({ refreshToken }) })
  const { statusCode, body } = await inEnvironment(environmentOf(service, 'refresh', aws), refresh)(
    event,
    context,
  )
  expect(statusCode).toBe(200)
  return JSON.parse(body).refreshToken
}

/** Begins a session whose first token is due. The first refresh of a function also reads the public key. */
async function beginDue(): Promise<string> {
  await sendRefresh(await begin('admin'))
  const refreshToken = await begin()
  vi.setSystemTime(later(10))
  return refreshToken
}

const user = async () => `user#${(await stored()).id}`

const session = async () => expect.stringMatching(`^UpdateItem SET ${await user()} session#[\\w-]{30}$`)

const read = async () =>
  expect.stringMatching(`^BatchGetItem ${await user()} session#[\\w-]{30}, ${await user()} profile$`)
