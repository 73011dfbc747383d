import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { beforeEach, describe, expect, test } from 'vitest'
import { transact } from '../../lib/aws/dynamodb.ts'
import { ROUTES } from '../../lib/openapi/routes.ts'
import { CHANGE_TOKEN_RANDOM_BYTES, startChangeToken } from '../../lib/proofs/change-token.ts'
import type { Amr } from '../../lib/users/factors.ts'
import { tableIn } from '../docs/table.ts'
import { claimsOf } from '../support/http/forge.ts'
import { rowsOf } from '../support/rows.ts'
import { ORIGIN, useService } from '../support/service.ts'
import { codeIn, resetProof } from '../support/users/mails.ts'
import { PASSWORD } from '../support/users/sessions.ts'
import { usePasskey } from '../support/users/webauthn/authenticator.ts'
import {
  APP,
  addOwner,
  assertionFor,
  CHANGES,
  changeWith,
  mailFor,
  type Owner,
  type Proof,
  providerOf,
  SETTINGS,
  tokenOf,
} from './world.ts'

const service = await useService({ settings: SETTINGS })
await providerOf(service.table)
const OWNERS = {
  'User with a password': await addOwner(service, true),
  'User without one': await addOwner(service, false),
}
const thief = await addOwner(service, false)
const restore = await service.restorer()
beforeEach(restore)

/** A request for a change: who asks, and for what. */
interface Scene {
  owner: Owner
  change: string
}

/** What a request has: an access token, and a proof if there is any. */
type Having = (scene: Scene) => Promise<{ token: string; proof?: Proof | undefined }>

const byMail: Having = async ({ owner, change }) => {
  const token = await tokenOf(service, owner.user)
  return {
    token,
    proof: await completed(token, { change, ...(await mailFor(service, owner, token, change)) }),
  }
}

const bySignIn =
  (amr: Amr): Having =>
  async ({ owner }) => ({ token: await tokenOf(service, owner.user, { amr }) })

/** A token that is in the table, also of a user who cannot get one. */
const stored: Having = async ({ owner, change }) => {
  const token = await tokenOf(service, owner.user)
  return { token, proof: { changeToken: await storeToken(owner, { token, change }) } }
}

/** What a request of each row has, in each way. */
const HAVING: Readonly<Record<string, readonly Having[]>> = {
  'the password': [
    async ({ owner }) => ({
      token: await tokenOf(service, owner.user),
      proof: { currentPassword: PASSWORD },
    }),
  ],
  'a sign-in of this second by password, provider, mail or passkey': [
    bySignIn('pwd otp mfa'),
    bySignIn('fed pop mfa'),
    bySignIn('pop user mfa'),
    bySignIn('mail pop mfa'),
    // The response of a passkey that signs in, and not yet used.
    async ({ owner, change }) => {
      const token = await tokenOf(service, owner.user)
      const { body } = await service.ask('POST /login/passkey/options', { body: {} })
      const response = usePasskey(owner.passkey, body, ORIGIN)
      return { token, proof: await completed(token, { change, response }) }
    },
    // The code of a mail that signs in.
    async ({ owner, change }) => {
      const token = await tokenOf(service, owner.user)
      const email = String(owner.user.email)
      const asked = await service.ask('POST /login/mail', { body: { email } })
      const mail = { mailId: asked.body.mailId, code: codeIn(service.mailTo(email)) }
      return { token, proof: await completed(token, { change, ...mail }) }
    },
    // The code of a mail that signs in after a new password.
    async ({ owner, change }) => {
      const token = await tokenOf(service, owner.user)
      return {
        token,
        proof: await completed(token, { change, ...(await resetProof(service.table, owner.user)) }),
      }
    },
  ],
  'a stolen access token, or an open browser': [
    async ({ owner, change }) => {
      const token = await tokenOf(service, owner.user)
      const mail = await mailFor(service, owner, token, change)
      const code = mail?.code === '12345678' ? '87654321' : '12345678'
      return { token, proof: await completed(token, { change, ...mail, code }) }
    },
    async ({ owner, change }) => {
      const token = await tokenOf(service, owner.user)
      const response = await assertionFor(service, thief.passkey, { token, change })
      return { token, proof: await completed(token, { change, response }) }
    },
    async ({ owner }) => ({
      token: await tokenOf(service, owner.user),
      proof: { changeToken: randomBytes(32).toString('base64url') },
    }),
  ],
  'an open browser, and the mailbox beside it': [byMail],
  'a proof by passkey or mail for this change': [
    byMail,
    async ({ owner, change }) => {
      const token = await tokenOf(service, owner.user)
      return {
        token,
        proof: await completed(token, { change, response: await assert(owner, token, change) }),
      }
    },
  ],
  'a proof for another change, session or user, or a spent one': [
    async ({ owner, change }) => {
      const token = await tokenOf(service, owner.user)
      return { token, proof: { changeToken: await storeToken(owner, { token, change: otherThan(change) }) } }
    },
    async ({ owner, change }) => {
      const token = await tokenOf(service, owner.user)
      const other = await tokenOf(service, owner.user)
      return { token, proof: { changeToken: await storeToken(owner, { token: other, change }) } }
    },
    async ({ owner, change }) => {
      const token = await tokenOf(service, owner.user)
      return { token, proof: { changeToken: await storeToken(thief, { token, change }) } }
    },
    async ({ owner, change }) => {
      const token = await tokenOf(service, owner.user)
      const mail = await mailFor(service, owner, token, otherThan(change))
      return { token, proof: await completed(token, { change, ...mail }) }
    },
    async ({ owner, change }) => {
      const token = await tokenOf(service, owner.user)
      const response = await assert(owner, token, otherThan(change))
      return { token, proof: await completed(token, { change, response }) }
    },
    async ({ owner, change }) => {
      const other = await tokenOf(service, owner.user)
      const token = await tokenOf(service, owner.user)
      const mail = await mailFor(service, owner, other, change)
      return { token, proof: await completed(token, { change, ...mail }) }
    },
    async ({ owner, change }) => {
      const other = await tokenOf(service, owner.user)
      const token = await tokenOf(service, owner.user)
      return {
        token,
        proof: await completed(token, { change, response: await assert(owner, other, change) }),
      }
    },
    async ({ owner, change }) => {
      const token = await tokenOf(service, owner.user)
      const mail = await mailFor(service, thief, await tokenOf(service, thief.user), change)
      return { token, proof: await completed(token, { change, ...mail }) }
    },
    // The code, the signature and the token of a proof count once.
    async ({ owner, change }) => {
      const token = await tokenOf(service, owner.user)
      const mail = await mailFor(service, owner, token, change)
      await completed(token, { change, ...mail })
      return { token, proof: await completed(token, { change, ...mail }) }
    },
    async ({ owner, change }) => {
      const token = await tokenOf(service, owner.user)
      const response = await assert(owner, token, change)
      await completed(token, { change, response })
      return { token, proof: await completed(token, { change, response }) }
    },
    async ({ owner, change }) => {
      const token = await tokenOf(service, owner.user)
      const changeToken = await storeToken(owner, { token, change, isSpent: true })
      return { token, proof: { changeToken } }
    },
  ],
  "a passkey used in an app's page": [
    async ({ owner, change }) => {
      const token = await tokenOf(service, owner.user)
      const response = await assertionFor(service, owner.passkey, { token, change, origin: APP })
      return { token, proof: await completed(token, { change, response }) }
    },
  ],
  "an app's page whose user types the code there": [byMail],
  'with factors, and a sign-in that is old or of one factor: password or mail': [
    ...[{ agoSeconds: 301 }, { amr: 'fed' as const }].flatMap((how): Having[] => [
      async ({ owner }) => ({
        token: await tokenOf(service, owner.user, how),
        proof: { currentPassword: PASSWORD },
      }),
      async ({ owner, change }) => {
        const token = await tokenOf(service, owner.user, how)
        return {
          token,
          proof: await completed(token, { change, ...(await mailFor(service, owner, token, change)) }),
        }
      },
      // The mail was sent before the user had a factor, or in the session of another policy.
      async ({ owner, change }) => {
        const token = await tokenOf(service, owner.user, how)
        return { token, proof: { changeToken: await storeToken(owner, { token, change, acr: 'aal1' }) } }
      },
    ]),
  ],
  'the same: passkey': [
    async ({ owner, change }) => {
      const token = await tokenOf(service, owner.user, { amr: 'fed', agoSeconds: 900 })
      return {
        token,
        proof: await completed(token, { change, response: await assert(owner, token, change) }),
      }
    },
  ],
}

const page = readFileSync('docs/SECURITY.md', 'utf8')
const rows = tableIn(page, 'What a request has, or its sender')
const users = Object.keys(OWNERS) as (keyof typeof OWNERS)[]
const cells = rows.flatMap(([what = '', ...results]) =>
  results.flatMap((result, column) =>
    Object.keys(CHANGES).flatMap((route) => {
      const user = users[column] ?? 'User without one'
      return waysOf(what, user).map((having, way) => ({ what, user, route, way, having, result }))
    }),
  ),
)

test('the table of SECURITY.md has a row for each way to ask, and every route that changes an account', () => {
  expect(rows.map(([what]) => what)).toEqual(Object.keys(HAVING))
  const changing = ROUTES.filter(({ proof }) => proof !== undefined)
  expect(
    changing.map(({ method, path, proof }) => [`${method.toUpperCase()} ${path}`, proof]).toSorted(),
  ).toEqual(
    Object.entries(CHANGES)
      .map(([route, { change }]) => [route, change])
      .toSorted(),
  )
  const withPassword = ROUTES.filter(({ body }) =>
    JSON.stringify(body?.examples)?.includes('currentPassword'),
  )
  expect(withPassword.every((row) => changing.includes(row))).toBe(true)
})

describe(`${cells.length} cells of the table`, () => {
  test.for(rowsOf(cells, ({ what, user }) => `${what} ${user}`))(
    '$what, $user, $route, $way: $result',
    async ({ user, route, having, result }) => {
      const owner = OWNERS[user]
      const { change } = CHANGES[route] as { change: string }
      const scene = { owner, change: change === 'password' ? 'address' : change }
      const { token, proof = {} } = await having(scene)
      const { status } = await changeWith(service, owner, { route, token, proof })
      const isFirstPassword = route === 'PUT /password' && user === 'User without one'
      const expected = isFirstPassword ? 'refused' : result
      expect(status < 300 ? 'changed' : 'refused').toBe(expected)
    },
  )
})

/**
 * Returns the ways of a row. A user with a password gets no proof, however it was asked for, so one way and a token that is in
 * the table show all.
 */
function waysOf(what: string, user: keyof typeof OWNERS): readonly Having[] {
  const ways = HAVING[what] ?? []
  return user === 'User without one' || what.includes('password') ? ways : [...ways.slice(0, 1), stored]
}

/** Asks for a change token. Returns it as a proof, if there is one. */
async function completed(token: string, body: object): Promise<Proof | undefined> {
  const { status, body: given } = await service.ask('POST /proof/confirm', { token, body })
  return status === 200 ? { changeToken: given.changeToken } : undefined
}

const assert = ({ passkey }: Owner, token: string, change: string) =>
  assertionFor(service, passkey, { token, change })

const otherThan = (change: string) => (change === 'deletion' ? 'removal' : 'deletion')

/** Stores a change token for the session of an access token. */
async function storeToken(
  { user }: Owner,
  {
    token,
    change,
    acr = 'aal2',
    isSpent = false,
  }: { token: string; change: string; acr?: 'aal1' | 'aal2'; isSpent?: boolean },
): Promise<string> {
  const { sid: sessionId } = claimsOf(token)
  const proved = { sessionId, change: change as 'address', acr }
  const random = randomBytes(CHANGE_TOKEN_RANDOM_BYTES)
  const { token: changeToken, write } = startChangeToken(user, proved, new Date(), random)
  if (!isSpent) await transact(service.table, [write])
  return changeToken
}
