import { hash, randomUUID } from 'node:crypto'
import { describe, expect, test, vi } from 'vitest'
import { DECOY_HASH, hashPassword, SALT_BYTES } from '../../lib/passwords/hash.ts'
import { revokeSessions } from '../../lib/users/revocation.ts'
import { claimsOf } from '../support/http/forge.ts'
import { fieldError } from '../support/http/problems.ts'
import { recordLogs } from '../support/logs.ts'
import { proof, rowsOf } from '../support/rows.ts'
import { ORIGIN, useService } from '../support/service.ts'
import { newAddress, stopClock, tokenIn } from '../support/users/mails.ts'
import { PASSWORD, refresh, tokensOf } from '../support/users/sessions.ts'
import { FLAGS, usePasskey } from '../support/users/webauthn/authenticator.ts'
import {
  addOwner,
  assertionFor,
  CHANGES,
  changeWith,
  mailFor,
  proveByMail,
  proveByPasskey,
  providerOf,
  SETTINGS,
  sessionOf,
  tokenOf,
} from './world.ts'

const logs = recordLogs()
const service = await useService({ settings: SETTINGS })
await providerOf(service.table)

const PASSWORD_HASH = await hashPassword(PASSWORD, Buffer.alloc(SALT_BYTES, 1))

/** The response to a change token that proves nothing here. */
const REFUSED = {
  status: 422,
  body: {
    type: 'about:blank',
    title: 'Unprocessable Content',
    status: 422,
    detail: 'One or more fields are invalid.',
    code: 'invalid_fields',
    errors: [fieldError('#/changeToken', 'Invalid or expired. Confirm the change again.')],
  },
}

describe('GET /proof/ways', () => {
  test('names the password of a user who has one, and nothing else', async () => {
    const owner = await addOwner(service, true)
    const token = await tokenOf(service, owner.user)
    const proofs = { status: 200, body: { proofs: ['password'] } }
    expect(await service.ask('GET /proof/ways', { token })).toMatchObject(proofs)
  })

  test('names a passkey that has verified its user, and a mail to a verified address', async () => {
    const owner = await addOwner(service, false)
    const token = await tokenOf(service, owner.user)
    const proofs = async () => (await service.ask('GET /proof/ways', { token })).body.proofs
    expect(await proofs()).toEqual(['passkey', 'mail'])
    await set(owner.user.id, `passkey#${owner.passkeyId}`, 'uvInitialized', { BOOL: false })
    expect(await proofs()).toEqual(['mail'])
    await set(owner.user.id, 'profile', 'emailVerified', { BOOL: false })
    expect(await proofs()).toEqual([])
    await set(owner.user.id, 'profile', 'disabled', { BOOL: true })
    expect((await service.ask('GET /proof/ways', { token })).status).toBe(401)
  })
})

describe('a proof by mail', () => {
  test('names its change in the mail, without a link, and is an event of the account', async () => {
    const owner = await addOwner(service, false)
    const token = await tokenOf(service, owner.user)
    await proveByMail(service, owner, token, 'passkey')
    const { subject, text, link } = service.mailTo(String(owner.user.email))
    expect(subject).toBe('Confirm a change of your account at Test')
    expect(text).toMatch(
      new RegExp(
        `^Someone asked to add a passkey to the account ${owner.user.username} at Test\\.\n\nType this code: \\d{8}\n`,
      ),
    )
    expect([link, text.includes('http')]).toEqual([undefined, false])
    const { body } = await service.ask('GET /me/events', { token })
    expect(body.events[0]).toMatchObject({
      type: 'user.updated',
      changes: [],
      detail: 'proved-by-mail',
      ref: 'passkey',
      via: 'POST /proof/confirm',
      by: 'account',
    })
    expect(logs).toContainEqual({
      event: 'account.proved',
      userId: owner.user.id,
      by: 'mail',
      change: 'passkey',
    })
  })

  proof('says a different thing for each change', async () => {
    const owner = await addOwner(service, false)
    const token = await tokenOf(service, owner.user)
    const leads = []
    for (const change of ['address', 'app', 'removal', 'recovery-codes', 'deletion']) {
      await mailFor(service, owner, token, change)
      leads.push(service.mailTo(String(owner.user.email)).text.split('\n')[0])
    }
    const { username } = owner.user
    expect(leads).toEqual([
      `Someone asked to change the e-mail address of the account ${username} at Test.`,
      `Someone asked to set up an authenticator app for the account ${username} at Test.`,
      `Someone asked to remove a second factor of the account ${username} at Test.`,
      `Someone asked to replace the recovery codes of the account ${username} at Test.`,
      `Someone asked to delete the account ${username} at Test.`,
    ])
  })

  test('is limited to five mails an hour for a user and source, and ten for a recipient', async () => {
    stopClock()
    const owner = await addOwner(service, false)
    const token = await tokenOf(service, owner.user)
    const address = String(owner.user.email)
    const ask = (sourceIp: string) =>
      service.ask('POST /proof/mail', { token, sourceIp, body: { change: 'removal' } })
    const statuses = []
    for (const sourceIp of ['192.0.2.1', '192.0.2.2', '192.0.2.3']) {
      for (let mails = 0; mails < 6; mails += 1) statuses.push((await ask(sourceIp)).status)
    }
    const five = [202, 202, 202, 202, 202, 429]
    expect(statuses).toEqual([...five, ...five, ...five])
    const sent = () =>
      service.mailsTo(address).filter(({ text }) => text.includes('remove a second factor')).length
    expect(sent()).toBe(10)
    // Neither a reset nor a notice counts there.
    await service.ask('POST /password/forgot', { body: { login: owner.user.username } })
    expect(service.mailTo(address).subject).toBe('Choose a new password for Test')
    vi.setSystemTime(Date.UTC(2027, 0, 15, 13))
    const later = await tokenOf(service, owner.user)
    const again = async () => {
      for (const sourceIp of ['192.0.2.1', '192.0.2.2']) {
        for (let mails = 0; mails < 5; mails += 1) {
          await service.ask('POST /proof/mail', { token: later, sourceIp, body: { change: 'removal' } })
        }
      }
      return sent()
    }
    expect([await again(), await again()]).toEqual([20, 20])
  })

  test('needs two factors of the last five minutes, if the user has a second one', async () => {
    const owner = await addOwner(service, false)
    const token = await tokenOf(service, owner.user, { agoSeconds: 301 })
    const asked = { token, body: { change: 'removal' } }
    const { status, headers } = await service.ask('POST /proof/mail', asked)
    expect([status, headers['WWW-Authenticate']]).toEqual([401, expect.stringContaining('acr_values="aal2"')])
  })

  test.each([
    ['fed', 401],
    ['fed pop mfa', 204],
  ] as const)(
    'after a sign-in of the kind %s gets %i from a policy that began after it',
    async (amr, status) => {
      const { username } = await service.addUser()
      await service.setHash(username, DECOY_HASH)
      const user = await service.user(username)
      const token = await tokenOf(service, user, { amr })
      const changeToken = await proveByMail(service, { user }, token, 'deletion')
      const underPolicy = await service.load({ REQUIRE_SECOND_FACTOR: 'all' }, { when: 'when called' })
      const response = await underPolicy.ask('DELETE /me', { token, body: { changeToken } })
      expect(response.status).toBe(status)
    },
  )

  test('of another user is refused, even in a session of the same id', async () => {
    const [owner, other] = [await addOwner(service, false), await addOwner(service, false)]
    const token = await tokenOf(service, owner.user)
    const mail = await mailFor(service, owner, token, 'removal')
    const body = { change: 'removal', ...mail }
    const { context } = await service.functions.authorize(await tokenOf(service, other.user))
    const authorization = { ...context, sessionId: String(claimsOf(token).sid) }
    const refused = await service.ask('POST /proof/confirm', { authorization, body })
    expect([refused.status, refused.body.detail]).toEqual([400, 'The link or code is invalid or expired.'])
    expect((await service.ask('POST /proof/confirm', { token, body })).status).toBe(200)
  })

  test('is not compared at a source that has tried 50 codes', async () => {
    stopClock()
    const owner = await addOwner(service, false)
    const token = await tokenOf(service, owner.user)
    const mail = await mailFor(service, owner, token, 'removal')
    const ask = (code: string | undefined) =>
      service.ask('POST /proof/confirm', {
        token,
        sourceIp: '198.51.100.51',
        body: { change: 'removal', ...mail, code },
      })
    const wrong = mail?.code === '12345678' ? '87654321' : '12345678'
    for (let tries = 0; tries < 50; tries += 1) expect((await ask(wrong)).status).toBe(400)
    expect((await ask(mail?.code)).status).toBe(429)
  })

  test('voids its code after five wrong ones, and another change uses none of them', async () => {
    const owner = await addOwner(service, false)
    const token = await tokenOf(service, owner.user)
    const mail = await mailFor(service, owner, token, 'deletion')
    const wrong = mail?.code === '12345678' ? '87654321' : '12345678'
    const prove = (change: string, code = mail?.code, as = token) =>
      service.ask('POST /proof/confirm', { token: as, body: { change, mailId: mail?.mailId, code } })
    const other = await tokenOf(service, owner.user)
    for (let tries = 0; tries < 6; tries += 1) {
      expect((await prove('removal', wrong)).status).toBe(400)
      expect((await prove('deletion', wrong, other)).status).toBe(400)
    }
    for (let tries = 0; tries < 4; tries += 1) expect((await prove('deletion', wrong)).status).toBe(400)
    expect((await prove('deletion')).status).toBe(200)
    const second = await mailFor(service, owner, token, 'deletion')
    const body = { change: 'deletion', mailId: second?.mailId, code: wrong }
    for (let tries = 0; tries < 5; tries += 1) await service.ask('POST /proof/confirm', { token, body })
    const late = await service.ask('POST /proof/confirm', { token, body: { ...body, code: second?.code } })
    expect([late.status, late.body.detail]).toEqual([400, 'The link or code is invalid or expired.'])
  })

  type Ending = [string, (userId: string, username: string) => Promise<unknown>]
  const endings: Ending[] = [
    ['the user is disabled', (_, username) => service.change(username, { disabled: true })],
    ['the address has moved', (id) => set(id, 'profile', 'email', { S: `${randomUUID()}@example.org` })],
    ['all sessions have ended', (_, username) => endAll(username)],
    ['a password is set', (_, username) => service.setHash(username, PASSWORD_HASH)],
  ]
  test.each(rowsOf(endings, () => 'ending'))('proves nothing after %s', async (_, happens) => {
    const owner = await addOwner(service, false)
    const token = await tokenOf(service, owner.user)
    const { context } = await service.functions.authorize(token)
    const mail = await mailFor(service, owner, token, 'removal')
    const changeToken = await proveByMail(service, owner, token, 'removal')
    await happens(owner.user.id, owner.user.username)
    // The gateway has the authorizer's result cached.
    const late = { authorization: context, body: { change: 'removal', ...mail } }
    expect((await service.ask('POST /proof/confirm', late)).status).toBeGreaterThanOrEqual(400)
    if (_.includes('address')) return
    const remove = { authorization: context, body: { changeToken } }
    expect((await service.ask('DELETE /factors/totp', remove)).status).toBeGreaterThanOrEqual(400)
  })
})

describe('a proof by passkey', () => {
  const proved = async (change: object) => {
    const owner = await addOwner(service, false)
    const token = await tokenOf(service, owner.user)
    const options = await service.ask('POST /proof/passkey', { token, body: { change: 'removal' } })
    expect(options.body).toEqual({
      rpId: 'localhost',
      challenge: expect.stringMatching(/^[\w-]{43}$/),
      timeout: 300_000,
      userVerification: 'required',
      allowCredentials: [
        {
          id: owner.passkey.id.toString('base64url'),
          type: 'public-key',
          transports: ['internal', 'hybrid'],
        },
      ],
    })
    const response = usePasskey(owner.passkey, options.body, ORIGIN, change)
    return service.ask('POST /proof/confirm', { token, body: { change: 'removal', response } })
  }
  const refused = { status: 401, body: { error: 'passkey_refused' } }

  test('is one signature with user verification, also without a user handle', async () => {
    expect(await proved({})).toMatchObject({ status: 200, body: { expiresIn: 300 } })
    expect(await proved({ userHandle: undefined })).toMatchObject({ status: 200 })
  })

  const broken: [string, object][] = [
    ['without user verification', { flags: FLAGS.UP | FLAGS.BE | FLAGS.BS }],
    ['without user presence', { flags: FLAGS.UV | FLAGS.BE | FLAGS.BS }],
    ['with the handle of another user', { userHandle: Buffer.alloc(16).toString('base64url') }],
    ['in a frame of another site', { clientData: { crossOrigin: true } }],
    ['with another challenge', { clientData: { challenge: 'A'.repeat(43) } }],
    ['of a registration', { clientData: { type: 'webauthn.create' } }],
  ]
  test.each(rowsOf(broken, () => 'broken'))('is refused %s', async (_, changes) => {
    expect(await proved(changes)).toMatchObject(refused)
  })

  proof('is the last use of the passkey', async () => {
    const owner = await addOwner(service, false)
    const token = await tokenOf(service, owner.user)
    const lastUse = async () =>
      (await service.items(`user#${owner.user.id}`))[`passkey#${owner.passkeyId}`]?.lastUsedAt
    expect(await lastUse()).toBeUndefined()
    await proveByPasskey(service, owner, token, 'app')
    expect(await lastUse()).toEqual({ S: expect.stringMatching(/^\d{4}-.*Z$/) })
  })

  test('is begun 29 times in 15 minutes after a registration, which is counted too', async () => {
    stopClock()
    const owner = await addOwner(service, false)
    const token = await tokenOf(service, owner.user)
    const ask = () => service.ask('POST /proof/passkey', { token, body: { change: 'removal' } })
    for (let begun = 0; begun < 29; begun += 1) expect((await ask()).status).toBe(200)
    expect((await ask()).status).toBe(429)
  })

  test('is refused if the passkey has never verified its user', async () => {
    const owner = await addOwner(service, false)
    const token = await tokenOf(service, owner.user)
    const response = await assertionFor(service, owner.passkey, { token, change: 'removal' })
    await set(owner.user.id, `passkey#${owner.passkeyId}`, 'uvInitialized', { BOOL: false })
    const body = { change: 'removal', response }
    expect(await service.ask('POST /proof/confirm', { token, body })).toMatchObject(refused)
    const start = { token, body: { change: 'removal' } }
    expect(await service.ask('POST /proof/passkey', start)).toMatchObject(refused)
  })
})

describe.each(rowsOf(['mail', 'passkey']))('a proof by %s', (kind) => {
  test('gives one change token, also for ten requests at once', async () => {
    const owner = await addOwner(service, false)
    const token = await tokenOf(service, owner.user)
    const change = 'removal'
    const proof =
      kind === 'mail'
        ? await mailFor(service, owner, token, change)
        : { response: await assertionFor(service, owner.passkey, { token, change }) }
    const ask = () => service.ask('POST /proof/confirm', { token, body: { change, ...proof } })
    const statuses = (await Promise.all(Array.from({ length: 10 }, ask))).map((one) => one.status)
    const refused = kind === 'mail' ? 400 : 401
    expect(statuses.toSorted()).toEqual([200, ...Array(9).fill(refused)])
    const tokens = (await service.scan()).filter(({ pk }) => String(Object(pk).S).startsWith('change#'))
    expect(tokens.filter(({ userId }) => Object(userId).S === owner.user.id)).toHaveLength(1)
    expect((await ask()).status).toBe(refused)
  })
})

describe('a change token', () => {
  const tokenItems = (token: string) => service.items(`change#${hash('sha256', token, 'base64url')}`)

  test('is valid until the second before its five minutes end', async () => {
    stopClock()
    const owner = await addOwner(service, false)
    const token = await tokenOf(service, owner.user)
    const route = 'POST /factors/recovery-codes'
    const [one, other] = [
      await proveByPasskey(service, owner, token, 'recovery-codes'),
      await proveByPasskey(service, owner, token, 'recovery-codes'),
    ]
    vi.setSystemTime(Date.now() + 299_000)
    const first = await changeWith(service, owner, { route, token, proof: { changeToken: one } })
    expect(first.status).toBe(200)
    vi.setSystemTime(Date.now() + 1_000)
    expect(await changeWith(service, owner, { route, token, proof: { changeToken: other } })).toMatchObject(
      REFUSED,
    )
  })

  const uses = [
    ['POST /factors/recovery-codes', 'recovery-codes', 200],
    ['POST /factors/totp', 'app', 200],
    ['POST /passkeys/options', 'passkey', 200],
    ['PUT /email', 'address', 202],
    ['DELETE /identities/{id}', 'identities', 204],
    ['DELETE /factors/totp', 'removal', 204],
    ['DELETE /passkeys/{id}', 'removal', 204],
  ] as const
  // Each of the POST routes describes this 409, and `npm test` must see it.
  test.each(rowsOf(uses, ([route]) => (route.startsWith('POST') ? route : 'others')))(
    'counts once at %s, also for two requests at once',
    async (route, change, accepted) => {
      const owner = await addOwner(service, false)
      const token = await tokenOf(service, owner.user)
      const changeToken = await proveByPasskey(service, owner, token, change)
      const ask = () => changeWith(service, owner, { route, token, proof: { changeToken } })
      const both = await Promise.all([ask(), ask()])
      expect(both.map(({ status }) => status).filter((status) => status < 300)).toEqual([accepted])
      expect(await tokenItems(changeToken)).toEqual({})
      expect((await ask()).status).toBeGreaterThanOrEqual(400)
    },
  )

  proof('of a user who has changed since then is refused in the session that stays', async () => {
    const owner = await addOwner(service, false)
    const { authToken: token, refreshToken } = await sessionOf(service, owner.user)
    const changeToken = await proveByPasskey(service, owner, token, 'recovery-codes')
    const removing = await proveByPasskey(service, owner, token, 'removal')
    const removal = { route: 'DELETE /factors/totp', token, proof: { changeToken: removing } }
    expect((await changeWith(service, owner, removal)).status).toBe(204)
    const { authToken } = tokensOf(await refresh(service.functions, refreshToken))
    const late = { route: 'POST /factors/recovery-codes', token: authToken, proof: { changeToken } }
    expect(await changeWith(service, owner, late)).toMatchObject(REFUSED)
  })

  test('of a deletion is deleted with the account', async () => {
    const owner = await addOwner(service, false)
    const token = await tokenOf(service, owner.user)
    const changeToken = await proveByPasskey(service, owner, token, 'deletion')
    expect(Object.keys(await tokenItems(changeToken))).toEqual(['change'])
    const deletion = { route: 'DELETE /me', token, proof: { changeToken } }
    expect((await changeWith(service, owner, deletion)).status).toBe(204)
    expect(await tokenItems(changeToken)).toEqual({})
  })

  proof('of identities counts for one of them', async () => {
    const owner = await addOwner(service, false)
    const token = await tokenOf(service, owner.user)
    const changeToken = await proveByPasskey(service, owner, token, 'identities')
    const link = () =>
      changeWith(service, owner, { route: 'POST /identities', token, proof: { changeToken } })
    expect((await link()).status).toBe(204)
    expect(await link()).toMatchObject(REFUSED)
  })

  test('is not spent by a request that is limited or invalid', async () => {
    const limited = await useService({ settings: { ...SETTINGS, LIMIT_MAIL_SOURCE: '1/3600' } })
    const owner = await addOwner(limited, false)
    const { authToken: token } = await sessionOf(limited, owner.user)
    const changeToken = await proveByPasskey(limited, owner, token, 'address')
    const change = (email: string, sourceIp = '192.0.2.9') =>
      limited.ask('PUT /email', { token, sourceIp, body: { email, changeToken } })
    const wrong = await change('no address')
    expect(wrong.status).toBe(422)
    const first = await proveByPasskey(limited, owner, token, 'address')
    const body = { email: newAddress(), changeToken: first }
    expect((await limited.ask('PUT /email', { token, sourceIp: '192.0.2.9', body })).status).toBe(202)
    expect((await change(newAddress())).status).toBe(429)
    expect((await change(newAddress(), '192.0.2.10')).status).toBe(202)
  })

  test('and a password in one request are refused, and neither too', async () => {
    const owner = await addOwner(service, false)
    const token = await tokenOf(service, owner.user)
    const changeToken = await proveByPasskey(service, owner, token, 'removal')
    for (const body of [{}, { changeToken, currentPassword: PASSWORD }]) {
      expect(await service.ask('DELETE /factors/totp', { token, body })).toMatchObject({
        status: 422,
        body: { errors: [fieldError('#', 'Must have either a currentPassword or a changeToken.')] },
      })
    }
    expect((await service.ask('DELETE /factors/totp', { token, body: { changeToken } })).status).toBe(204)
  })

  test('of a user with a password proves nothing, and no proof begins', async () => {
    const owner = await addOwner(service, true)
    const token = await tokenOf(service, owner.user)
    const refused = {
      status: 409,
      body: {
        type: 'about:blank',
        title: 'Conflict',
        status: 409,
        detail: 'This account has a password. Confirm the change with it.',
        code: 'conflict',
        error: 'has_password',
      },
    }
    for (const route of ['POST /proof/mail', 'POST /proof/passkey']) {
      expect(await service.ask(route, { token, body: { change: 'removal' } })).toMatchObject(refused)
    }
    const other = await addOwner(service, false)
    const own = await tokenOf(service, other.user)
    const changeTokens: Record<string, string> = {}
    for (const [route, { change }] of Object.entries(CHANGES)) {
      if (change !== 'password') changeTokens[route] = await proveByPasskey(service, other, own, change)
    }
    const response = await assertionFor(service, other.passkey, { token: own, change: 'removal' })
    const mail = await mailFor(service, other, own, 'removal')
    await service.setHash(other.user.username, PASSWORD_HASH)
    for (const body of [{ response }, mail]) {
      const completed = { token: own, body: { change: 'removal', ...body } }
      expect(await service.ask('POST /proof/confirm', completed)).toMatchObject(refused)
    }
    for (const [route, changeToken] of Object.entries(changeTokens)) {
      const asked = { route, token: own, proof: { changeToken } }
      expect({ route, ...(await changeWith(service, other, asked)) }).toMatchObject({ route, ...refused })
    }
  })
})

test('a password that the user does not have is a 422 with a name, which counts nothing', async () => {
  const owner = await addOwner(service, false)
  const token = await tokenOf(service, owner.user)
  const problem = {
    status: 422,
    body: {
      type: 'about:blank',
      title: 'Unprocessable Content',
      status: 422,
      detail: 'One or more fields are invalid.',
      code: 'invalid_fields',
      errors: [fieldError('#/currentPassword', 'You have no password yet. Choose one by a mail.')],
      error: 'no_password',
    },
  }
  for (const route of Object.keys(CHANGES)) {
    expect(
      await changeWith(service, owner, { route, token, proof: { currentPassword: PASSWORD } }),
    ).toMatchObject(problem)
  }
  expect(await service.attempts(`user#${owner.user.id}`, 'attempts')).toBe(0)
})

test('a new address of a user without a password ends the other sessions, with a notice to the old one', async () => {
  const owner = await addOwner(service, false)
  const other = await sessionOf(service, owner.user)
  const { authToken: token, refreshToken } = await sessionOf(service, owner.user)
  const changeToken = await proveByMail(service, owner, token, 'address')
  const email = newAddress()
  await service.ask('PUT /email', { token, body: { email, changeToken } })
  const confirmed = await service.ask('POST /email/confirm', {
    token,
    body: { token: tokenIn(service.mailTo(email)) },
  })
  expect(confirmed.status).toBe(204)
  expect(service.mailTo(String(owner.user.email)).subject).toBe('Your address for Test was changed')
  const survives = async ({ refreshToken }: { refreshToken: string }) =>
    (await service.ask('refresh', { body: { refreshToken } })).status
  expect([await survives(other), await survives({ refreshToken })]).toEqual([401, 200])
})

test('a new address of a user with a password ends no session', async () => {
  const owner = await addOwner(service, true)
  const other = await sessionOf(service, owner.user)
  const token = await tokenOf(service, owner.user)
  const email = newAddress()
  await service.ask('PUT /email', { token, body: { email, currentPassword: PASSWORD } })
  await service.ask('POST /email/confirm', { token, body: { token: tokenIn(service.mailTo(email)) } })
  expect((await service.ask('refresh', { body: { refreshToken: other.refreshToken } })).status).toBe(200)
})

test('with mailSignIn=off, no route takes a change token, a refusal has no name, and an address ends no session', async () => {
  const off = await service.load({ MAIL_SIGN_IN: 'off' })
  const owner = await addOwner(service, false)
  const other = await sessionOf(service, owner.user)
  const token = await tokenOf(service, owner.user)
  const changeToken = await proveByPasskey(service, owner, token, 'removal')
  const ask = async (body: object) => {
    const { status, text } = await off.ask('DELETE /factors/totp', { token, body })
    return [status, JSON.parse(text)]
  }
  expect(await ask({ changeToken })).toMatchObject([
    422,
    {
      errors: [
        fieldError('#/currentPassword', 'Must be a string.'),
        fieldError('#', 'Unknown fields are not allowed.'),
      ],
    },
  ])
  expect(await ask({ currentPassword: PASSWORD })).toEqual([
    422,
    {
      type: 'about:blank',
      title: 'Unprocessable Content',
      status: 422,
      detail: 'One or more fields are invalid.',
      code: 'invalid_fields',
      errors: [fieldError('#/currentPassword', 'You have no password yet. Choose one by a mail.')],
    },
  ])
  const email = newAddress()
  const proof = await proveByPasskey(service, owner, token, 'address')
  await service.ask('PUT /email', { token, body: { email, changeToken: proof } })
  await off.ask('POST /email/confirm', { token, body: { token: tokenIn(service.mailTo(email)) } })
  expect((await service.ask('refresh', { body: { refreshToken: other.refreshToken } })).status).toBe(200)
})

/** Sets one attribute of an item of a user. */
async function set(userId: string, sk: string, name: string, value: object): Promise<void> {
  await service.table.aws('dynamodb', 'UpdateItem', {
    TableName: service.table.name,
    Key: { pk: { S: `user#${userId}` }, sk: { S: sk } },
    UpdateExpression: 'SET #name = :value',
    ExpressionAttributeNames: { '#name': name },
    ExpressionAttributeValues: { ':value': value },
  })
}

/** Ends all sessions of a user, as a sign-out everywhere does. */
async function endAll(username: string): Promise<void> {
  await service.change(username, revokeSessions(await service.user(username)))
}
