import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import {
  ada,
  aws,
  later,
  now,
  outrun,
  policy,
  records,
  remove,
  secret,
  session,
  setSession,
  stored,
  table,
} from '../../test/support/session-per-test.ts'
import { revokeSessions } from '../users/revocation.ts'
import { changeUser } from '../users/store.ts'
import { redeemRefreshToken } from './redeem.ts'
import { nextSecret } from './refresh-token.ts'
import { rotated } from './session.ts'
import { replaceSecret } from './store.ts'

describe('a refresh token', () => {
  const present = (what: string, at = now, id = session.id) =>
    redeemRefreshToken(table, { username: ada.username, sessionId: id, secret: what }, at)
  const refused = (message: string) => ({ code: 'invalid_refresh_token', message })
  const replace = async (at: Date) => {
    const next = nextSecret(session, secret)
    const after = rotated(session, next, policy, at)
    expect(await replaceSecret(table, session, after)).toBe(true)
    setSession(after, next)
  }

  test('that is current returns its session and its user', async () => {
    expect(await present(secret)).toEqual({ session, user: ada, isCurrent: true })
    expect(records).toEqual([])
  })

  test('that was just replaced returns them too, as not current', async () => {
    const before = secret
    await replace(now)
    expect(await present(before, later(9.999))).toEqual({ session, user: ada, isCurrent: false })
    expect(await stored()).toEqual(session)
    expect(records).toEqual([])
  })

  test('that was replaced ten seconds ago ends its session, and the log omits it', async () => {
    const before = secret
    await replace(now)
    await expect(present(before, later(10))).rejects.toMatchObject(refused('the secret is reused'))
    expect(await stored()).toBeUndefined()
    expect(records).toEqual([{ event: 'session.reuse', username: ada.username, sessionId: session.id }])
    await expect(present(secret, later(10))).rejects.toMatchObject(refused('no such session'))
  })

  test.each([0, 1, 2])('of generation %i ends its session if generation 3 is current', async (of) => {
    const secrets = [secret]
    for (let seconds = 1; seconds <= 3; seconds += 1) {
      await replace(later(seconds))
      secrets.push(secret)
    }
    await expect(present(secrets[of] ?? '', later(60))).rejects.toMatchObject(refused('the secret is reused'))
    expect(await stored()).toBeUndefined()
    expect(records).toHaveLength(1)
  })

  test('with a foreign secret does not end the session', async () => {
    await replace(now)
    const foreign = randomBytes(32).toString('base64url')
    await expect(present(foreign)).rejects.toMatchObject(refused('the secret is foreign'))
    expect(await stored()).toEqual(session)
    expect(records).toEqual([])
    expect(await present(secret)).toMatchObject({ isCurrent: true })
  })

  test('of an unknown session is rejected', async () => {
    await expect(present(secret, now, 'another')).rejects.toMatchObject(refused('no such session'))
  })

  test('of an expired session that the store still has is rejected', async () => {
    expect(await present(secret, later(604_799))).toMatchObject({ isCurrent: true })
    await expect(present(secret, later(604_800))).rejects.toMatchObject(refused('no such session'))
    expect(await stored()).toEqual(session)
  })

  test('of a user who is disabled, removed or has revoked all sessions is rejected', async () => {
    const changes = [{ disabled: true }, { disabled: false, ...revokeSessions(ada, now) }]
    for (const change of changes) {
      expect(await changeUser(table, ada, change)).toBe(true)
      await expect(present(secret)).rejects.toMatchObject(refused('no such session'))
    }
    await remove('profile')
    await expect(present(secret)).rejects.toMatchObject(refused('no such session'))
  })

  test('of the session that survived a revocation is accepted', async () => {
    await changeUser(table, ada, revokeSessions(ada, now, session.id))
    expect(await present(secret)).toMatchObject({ session, isCurrent: true })
  })
})

test('a rotation whose response was lost leaves the same next secret', async () => {
  const replacement = () => rotated(session, nextSecret(session, secret), policy, now)
  const again = outrun('UpdateItem', () => replaceSecret(table, session, replacement()))
  expect(await replaceSecret(again, session, replacement())).toBe(false)
  const presented = { username: ada.username, sessionId: session.id, secret }
  const found = await redeemRefreshToken(table, presented, now)
  expect(found).toEqual({ session: replacement(), user: ada, isCurrent: false })
  expect(nextSecret(found.session, secret)).toBe(nextSecret(session, secret))
})

test('a store that is down does not make a token invalid', async () => {
  const presented = { username: ada.username, sessionId: session.id, secret }
  await expect(redeemRefreshToken({ aws, name: 'missing' }, presented, now)).rejects.toMatchObject({
    code: 'unavailable',
    cause: { name: 'ResourceNotFoundException' },
  })
})
