import { beforeEach, describe, expect, test } from 'vitest'
import { hashSecret } from '../../../lib/oauth/clients/secret.ts'
import { refusal, success } from '../../support/process/command.ts'
import { startStack } from '../describe-stacks.ts'
import { CALLBACK, HINT, ORDERS, run, useClients } from './clients.ts'

const store = await useClients()
beforeEach(async () => {
  await store.clear()
  await store.run('add-api', ORDERS, '--scope', 'orders:read=See your orders')
})

const web = ['--type', 'web', '--redirect-uri', CALLBACK]

describe('add', () => {
  test('stores a client and prints its secret, of which the table has the hash alone', async () => {
    const { status, stdout, stderr } = await store.run('add', 'shop', ...web, '--name', 'Ada’s Shop')
    expect({ status, stderr }).toEqual({ status: 0, stderr: HINT })
    const [, secret = ''] =
      /^Added client shop with type web\.\nclient_secret {2}([\w-]{43})\n$/.exec(stdout) ?? []
    expect(await store.stored('shop')).toEqual({
      id: 'shop',
      type: 'web',
      name: 'Ada’s Shop',
      names: [],
      generation: expect.any(Number),
      disabled: false,
      redirectUris: [CALLBACK],
      postLogoutRedirectUris: [],
      scopes: ['email', 'openid', 'profile'],
      firstParty: false,
      silent: false,
      // The local service.
      local: true,
      tokenTtlSeconds: undefined,
      grantTtlSeconds: undefined,
      grantIdleTtlSeconds: undefined,
      secretHash: hashSecret(secret),
      earlierSecretHash: undefined,
      earlierSecretEndsAt: undefined,
      changeId: expect.stringMatching(/^[\w-]{22}$/),
      createdAt: expect.any(String),
      changedAt: expect.any(String),
    })
    expect(JSON.stringify([await store.items(), await store.allEvents()])).not.toContain(secret)
  })

  test('has every value that was given', async () => {
    const outcome = await store.run(
      ...['add', 'app', '--type', 'browser', '--redirect-uri', CALLBACK],
      ...['--redirect-uri', 'http://localhost:5173', '--post-logout-uri', 'https://shop.example/'],
      ...['--scope', 'openid', '--scope', 'orders:read', '--scope', 'orders:read', '--scope', 'openid'],
      ...['--redirect-uri', CALLBACK, '--first-party', '--silent'],
      ...['--token-ttl', '300', '--grant-ttl', '86400', '--grant-idle-ttl', '3600'],
    )
    expect(outcome).toEqual(success('Added client app with type browser.\n'))
    expect(await store.stored('app')).toMatchObject({
      type: 'browser',
      name: 'app',
      redirectUris: ['http://localhost:5173', CALLBACK],
      postLogoutRedirectUris: ['https://shop.example/'],
      scopes: [`${ORDERS} orders:read`, 'openid'],
      firstParty: true,
      silent: true,
      tokenTtlSeconds: 300,
      grantTtlSeconds: 86_400,
      grantIdleTtlSeconds: 3_600,
      secretHash: undefined,
    })
  })

  test.each([
    ['native', ['--redirect-uri', 'com.example.app:/cb', '--scope', 'offline_access'], false],
    ['machine', ['--scope', 'orders:read'], true],
  ])('adds a %s client, with a secret if it runs on a server', async (type, args, hasSecret) => {
    const { status, stdout } = await store.run('add', 'app', '--type', type, ...args, '--json')
    expect(status).toBe(0)
    const secret = hasSecret ? expect.stringMatching(/^[\w-]{43}$/) : undefined
    expect(JSON.parse(stdout)).toEqual({ client_id: 'app', client_secret: secret })
    expect((await store.stored('app'))?.secretHash !== undefined).toBe(hasSecret)
  })

  test('records who added it, without id of a person, name, URI or secret', async () => {
    const secret = await store.add('shop-2', ...web, '--name', 'Ada’s Shop')
    expect(await store.eventsOf('client#shop-2')).toEqual(['client.created web'])
    const events = JSON.stringify(await store.allEvents())
    for (const value of ['Ada', 'shop.example', 'orders.example', 'See your', secret, hashSecret(secret)]) {
      expect(events).not.toContain(value)
    }
    expect(events).toContain('arn:aws:iam::000000000000:user/local')
    expect(events).toContain('clients add')
  })

  test('twice with one id is refused, and the first client stays', async () => {
    const secret = await store.add('shop')
    const before = await store.items()
    expect(await store.run('add', 'shop', '--type', 'native', '--redirect-uri', 'com.a:/cb')).toEqual(
      refusal(1, 'Client shop already exists. If its secret is lost, use new-secret.'),
    )
    expect(await store.items()).toEqual(before)
    expect(await store.accepts('shop', secret)).toBe(true)
  })

  const ID =
    'Invalid client id. Use 3 to 64 characters a-z, 0-9, dot and hyphen, with a letter or digit first. first-party, and the form of a user id, are taken.'
  const NAME = 'Invalid --name. Use 1 to 60 characters, without control characters and outer spaces.'
  test.each([
    [['Shop', ...web], ID],
    [['first-party', ...web], ID],
    [[`${'a'.repeat(21)}g`, ...web], ID],
    [['shop', '--redirect-uri', CALLBACK], 'Missing --type <type>.'],
    [['shop', '--type', 'spa'], 'Invalid --type. Use one of web, browser, native, machine.'],
    [
      ['shop', '--type', 'wbe'],
      'Invalid --type. Use one of web, browser, native, machine. Did you mean web?',
    ],
    [['shop', '--type', 'web'], 'A web client needs a --redirect-uri.'],
    [['shop', ...web, '--name', ''], NAME],
    [['shop', ...web, '--name', ' Shop'], NAME],
    [['shop', ...web, '--name', 'a\u202Eb'], NAME],
    [['shop', ...web, '--name', 'a'.repeat(61)], NAME],
    [['shop', ...web, '--silent'], '--silent is for browser clients alone.'],
    [
      ['shop', '--type', 'machine', '--scope', 'orders:read', '--first-party'],
      'A machine client has no users, so it cannot be --first-party.',
    ],
    [['shop', '--type', 'machine'], 'A client needs a --scope.'],
    [
      ['shop', '--type', 'machine', '--scope', 'orders:read', '--redirect-uri', CALLBACK],
      `Invalid redirect URI "${CALLBACK}". A machine client has no redirect URI.`,
    ],
    [
      ['shop', '--type', 'web', '--redirect-uri', 'http://shop.example/cb'],
      'Invalid redirect URI "http://shop.example/cb". It must be https. http is for 127.0.0.1, [::1] and localhost alone, with a port from 1 to 65535.',
    ],
    [
      ['shop', ...web, '--post-logout-uri', 'javascript:alert(1)'],
      'Invalid redirect URI "javascript:alert(1)". It must be https. Private-use schemes are for native clients (RFC 8252 section 7.1).',
    ],
    [
      [
        'shop',
        '--type',
        'web',
        ...Array.from({ length: 41 }, (_, at) => ['--redirect-uri', `https://a/${at}`]).flat(),
      ],
      'A client has at most 40 redirectUris.',
    ],
    [
      ['shop', ...web, '--token-ttl', '59'],
      'Invalid --token-ttl. Use whole seconds from 60 to 86400, or default.',
    ],
    [
      ['shop', ...web, '--token-ttl', '1e3'],
      'Invalid --token-ttl. Use whole seconds from 60 to 86400, or default.',
    ],
  ])('%j is wrong input', async (args, line) => {
    const before = await store.items()
    expect(await store.run('add', ...args)).toEqual(refusal(2, line))
    expect(await store.items()).toEqual(before)
  })

  test.each([
    [
      [...web, '--scope', 'orders:raed'],
      'No API has the scope orders:raed. Did you mean orders:read? Add an API with add-api.',
    ],
    [
      [...web, '--scope', 'openId'],
      'No API has the scope openId. Did you mean openid? Add an API with add-api.',
    ],
    [
      ['--type', 'browser', '--redirect-uri', CALLBACK, '--scope', 'offline_access'],
      'A browser client cannot have the scope offline_access.',
    ],
    [['--type', 'machine', '--scope', 'openid'], 'A machine client cannot have the scope openid.'],
  ])('%j is refused', async (args, line) => {
    const before = await store.items()
    expect(await store.run('add', 'shop', ...args)).toEqual(refusal(1, line))
    expect(await store.items()).toEqual(before)
  })
})

describe('on a stage of AWS', () => {
  const outputs = { Issuer: 'https://auth.example', Audience: 'the-api' }
  const stage = ['--stage', 'other']
  const account = async (of: Record<string, string> | undefined = outputs) => ({
    ...(await startStack('serverless-jwt-auth-other', of)),
    AWS_ENDPOINT_URL_DYNAMODB: store.endpoint,
  })

  test('a client has no loopback address without --dev', async () => {
    const env = await account()
    const args = ['--type', 'web', '--redirect-uri', 'http://localhost:3000/cb']
    expect(await run(['add', 'stage-a', ...args, ...stage], env)).toEqual(
      refusal(
        2,
        'Invalid redirect URI "http://localhost:3000/cb". Loopback addresses are for native clients, and for development: use --dev.',
      ),
    )
    expect(await run(['add', 'stage-a', ...args, '--dev', ...stage], env)).toMatchObject({ status: 0 })
  })

  test('neither client nor API takes issuer or audience of the application', async () => {
    const env = await account()
    expect(await run(['add', 'the-api', ...web, ...stage], env)).toEqual(
      refusal(1, 'the-api is the audience of this stage. Use another id.'),
    )
    const scope = ['--scope', 'a=Use it']
    for (const identifier of ['https://auth.example', 'https://auth.example/', 'https://AUTH.example:443']) {
      expect(await run(['add-api', identifier, ...scope, ...stage], env)).toEqual(
        refusal(
          1,
          `${identifier} is the issuer or the audience of this stage. Tokens of the application would be valid for this API.`,
        ),
      )
    }
    for (const identifier of ['https://auth.example/act-as', 'https://AUTH.example:443/act-as']) {
      expect(await run(['add-api', identifier, ...scope, ...stage], env)).toEqual(
        refusal(1, `${identifier} must be another one. This identifier is that of act-as tokens.`),
      )
    }
    const other = await account({ ...outputs, Audience: 'https://api.example/' })
    expect(await run(['add-api', 'https://api.example', ...scope, ...stage], other)).toMatchObject({
      status: 1,
    })
  })

  test('the service’s own API has publicUrl as its identifier, also if that is the issuer', async () => {
    const scope = ['--scope', 'notes=Use it']
    const env = await account({ ...outputs, PublicUrl: 'https://auth.example' })
    for (const taken of ['https://auth.example/api', 'https://AUTH.example/api']) {
      expect(await run(['add-api', taken, ...scope, ...stage], env)).toMatchObject({ status: 1 })
    }
    expect(await run(['add-api', 'https://auth.example/', ...scope, ...stage], env)).toEqual(
      success('Added API https://auth.example/ with 1 scope.\n'),
    )
    const apart = await account({ ...outputs, PublicUrl: 'https://app.example' })
    expect(await run(['add-api', 'https://auth.example', ...scope, ...stage], apart)).toMatchObject({
      status: 1,
    })
  })

  test.each([
    [
      'that was deployed before this command',
      {},
      /^Stage other does not say its issuer and audience\. Deploy it again first\.\n$/,
    ],
    [
      'that may not be read',
      undefined,
      /^Issuer and audience of stage other are unknown \(cloudformation:DescribeStacks: \w+\)\. Nothing was changed\.\n$/,
    ],
  ])('nothing is added on a stage %s', async (_what, of, line) => {
    const server = await startStack('serverless-jwt-auth-other', of)
    const env = { ...server, AWS_ENDPOINT_URL_DYNAMODB: store.endpoint }
    const before = await store.items()
    const outcome = await run(['add', 'stage-b', ...web, ...stage], env)
    expect(outcome).toMatchObject({ stdout: '', stderr: expect.stringMatching(line) })
    expect(outcome.status).not.toBe(0)
    expect(await store.items()).toEqual(before)
  })
})

test('the audience of the local service is no client id', async () => {
  expect(await store.run('add', 'serverless-jwt-auth-dev-api', ...web)).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('is the audience of this stage'),
  })
})
