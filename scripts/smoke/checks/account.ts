import { json } from '../../../lib/http/responses.ts'
import { expectMail, skipWithoutMail } from '../visit/mails.ts'
import { Difference, expectResponse } from '../visit/responses.ts'
import {
  bodyOf,
  credentials,
  expectEnded,
  found,
  olderToken,
  Skip,
  skipIfLimited,
  tokensIn,
  type Visit,
} from '../visit/visit.ts'
import { expectSameSession } from './factors.ts'

/** An origin that no page has (RFC 2606 section 2). */
const FOREIGN_ORIGIN = 'https://smoke.invalid'

/** The checks of the user's account that need no second factor, in their order. */
export const ACCOUNT_CHECKS: Record<string, (visit: Visit) => Promise<void>> = {
  'second sign-in in the same place': async (visit) => {
    const before = found(visit.tokens, 'sign-in')
    if (visit.app !== undefined) throw new Skip('the sign-in requires a second factor')
    const body = { ...credentials(visit.user), replaces: before.refreshToken }
    const received = await visit.send('POST /login', { body })
    skipIfLimited(received)
    visit.tokens = tokensIn(received)
    expectSameSession(before, visit.tokens)
  },

  'sign-in with an older token': async (visit) => {
    found(visit.tokens, 'sign-in')
    if (visit.app !== undefined) throw new Skip('the sign-in requires a second factor')
    const { send, user } = visit
    const begun = await send('POST /login', { body: credentials(user) })
    skipIfLimited(begun)
    const before = tokensIn(begun)
    tokensIn(await send('POST /login', { body: { ...credentials(user), replaces: olderToken(before) } }))
    await expectEnded(visit, before.refreshToken)
  },

  'request with Origin': async ({ send, tokens }) => {
    const token = found(tokens, 'sign-in').authToken
    const received = await send('GET /me', { token, headers: { Origin: FOREIGN_ORIGIN } })
    expectResponse(received, json(200, {}))
    const allowed = received.headers.get('access-control-allow-origin')
    if (allowed !== null && allowed !== '*') {
      throw new Difference(`expected no Access-Control-Allow-Origin for ${FOREIGN_ORIGIN}, got ${allowed}`)
    }
  },

  'userinfo of the user': async ({ send, tokens, user }) => {
    const { sub } = bodyOf(await send('GET /userinfo', { token: found(tokens, 'sign-in').authToken }))
    if (sub !== user.id) throw new Difference(`expected the userinfo of ${user.username}`)
  },

  'events of the user': async ({ send, tokens }) => {
    const { events } = bodyOf(await send('GET /me/events', { token: found(tokens, 'sign-in').authToken }))
    if (!Array.isArray(events) || events.length === 0) throw new Difference('expected events, got none')
  },

  // Before all that sends notices.
  mail: async (visit) => {
    skipWithoutMail(visit)
    const { send, user } = visit
    const received = await send('POST /password/forgot', { body: { login: user.username } })
    skipIfLimited(received)
    await expectMail(visit, mailIdOf(received))
  },
}

/** Returns the id of the mail that a request asks for. */
export function mailIdOf(received: Parameters<typeof expectResponse>[0]): string {
  expectResponse(received, json(202, {}))
  const { mailId } = Object(JSON.parse(received.text))
  if (typeof mailId !== 'string') throw new Difference('expected the member mailId')
  return mailId
}
