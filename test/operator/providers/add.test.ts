import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { refusal, success } from '../../support/process/command.ts'
import { root } from '../../support/process/service-description.ts'
import { proof } from '../../support/rows.ts'
import { startStack } from '../describe-stacks.ts'
import { APPLE, APPLE_KEY, HINT, SECRET, TENANT, useProviders } from './providers.ts'

const store = await useProviders()
const { far } = store
const GOOGLE = 'https://accounts.google.com'
const ACME = 'https://login.acme.example'
const ENTRA = `https://login.microsoftonline.com/${TENANT}/v2.0`
const oidc = ['--kind', 'oidc', '--client-id', 'us', '--issuer', ACME]

beforeEach(async () => {
  await store.clear()
  for (const issuer of [GOOGLE, ACME, ENTRA, 'https://appleid.apple.com']) far.serve(issuer)
})

describe('add', () => {
  test('stores the endpoints of a provider, and its secret encrypted', async () => {
    const outcome = await store.run('add', 'google', '--kind', 'google', '--client-id', 'us.example')
    expect(outcome).toEqual({
      status: 0,
      stdout: 'Added provider google.\nredirect URI  PUBLIC_URL/signin/google\n',
      stderr: HINT,
    })
    expect(await store.stored('google')).toEqual({
      id: 'google',
      kind: 'google',
      name: 'Google',
      issuer: GOOGLE,
      clientId: 'us.example',
      clientAuthentication: 'post',
      authorizationEndpoint: `${GOOGLE}/authorize`,
      tokenEndpoint: `${GOOGLE}/token`,
      jwksUri: `${GOOGLE}/keys`,
      scope: 'openid email',
      algorithms: ['ES256', 'RS256'],
      sendsIssuer: undefined,
      mailDomains: [],
      appleTeamId: undefined,
      appleKeyId: undefined,
      disabled: false,
      changeId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      createdAt: expect.any(String),
      changedAt: expect.any(String),
      secret: expect.any(String),
    })
    expect(await store.decrypt('google')).toBe(SECRET)
  })

  test('records who added it, and no output, item or event has the secret', async () => {
    const { stdout, stderr } = await store.run('add', 'acme', ...oidc, '--json')
    expect(JSON.parse(stdout)).toEqual({ id: 'acme', kind: 'oidc', redirectUri: 'PUBLIC_URL/signin/acme' })
    expect(await store.eventsOf('acme')).toEqual(['provider.created oidc'])
    const events = JSON.stringify(await store.allEvents())
    expect(events).toContain('arn:aws:iam::000000000000:user/local')
    expect(events).toContain('providers add')
    const base64 = Buffer.from(SECRET).toString('base64')
    const all = [stdout, stderr, events, JSON.stringify(await store.items())].join()
    for (const value of [SECRET, base64]) expect(all).not.toContain(value)
    expect(events).not.toContain(String((await store.stored('acme'))?.secret))
  })

  test('a ciphertext under the id of another provider does not decrypt', async () => {
    await store.run('add', 'acme', ...oidc)
    await expect(store.decrypt('acme', 'google')).rejects.toMatchObject({ code: 'unavailable' })
  })

  test.each([
    ['apple', ['--kind', 'apple', '--client-id', 'example.web', ...APPLE], APPLE_KEY],
    ['entra', ['--kind', 'entra', '--client-id', 'us', '--tenant', TENANT.toUpperCase()], SECRET],
    ['github', ['--kind', 'github', '--client-id', 'Iv1.a'], SECRET],
    ['oidc', [...oidc, '--name', 'Acme', '--mail-domains', 'Acme.example,acme.org'], SECRET],
  ])('stores what the kind %s has', async (id, args, secret) => {
    far.serve(ACME, { authorization_response_iss_parameter_supported: true })
    expect(await store.input(secret, 'add', id, ...args)).toMatchObject({ status: 0 })
    expect(await store.stored(id)).toMatchObject(OF_KIND[id as keyof typeof OF_KIND])
    expect(await store.decrypt(id)).toBe(secret)
  })

  const OF_KIND = {
    apple: {
      name: 'Apple',
      issuer: 'https://appleid.apple.com',
      clientAuthentication: 'apple',
      scope: 'openid email',
      appleTeamId: 'TEAM123456',
      appleKeyId: 'KEY1234567',
    },
    entra: { name: 'Microsoft', issuer: ENTRA, clientAuthentication: 'post', scope: 'openid profile email' },
    github: {
      name: 'GitHub',
      issuer: 'https://github.com',
      clientAuthentication: 'post',
      authorizationEndpoint: 'https://github.com/login/oauth/authorize',
      tokenEndpoint: 'https://github.com/login/oauth/access_token',
      jwksUri: undefined,
      algorithms: [],
      scope: 'user:email',
    },
    oidc: {
      name: 'Acme',
      issuer: ACME,
      clientAuthentication: 'basic',
      sendsIssuer: true,
      mailDomains: ['acme.example', 'acme.org'],
    },
  }

  test.each([
    [undefined, 'basic'],
    [['client_secret_post'], 'post'],
  ])('with %j in the document, the secret goes as %s', async (methods, expected) => {
    far.serve(ACME, { token_endpoint_auth_methods_supported: methods })
    await store.run('add', 'acme', ...oidc)
    expect(await store.stored('acme')).toMatchObject({ clientAuthentication: expected })
  })

  test('an id or an issuer that is there already is refused, and the first provider stays', async () => {
    await store.run('add', 'acme', ...oidc)
    const before = await store.items()
    expect(await store.run('add', 'acme', '--kind', 'google', '--client-id', 'us')).toEqual(
      refusal(1, 'Provider acme already exists. Change it with set, or replace its secret with new-secret.'),
    )
    expect(await store.run('add', 'acme2', ...oidc)).toEqual(
      refusal(1, `Provider acme has the issuer ${ACME}. An issuer has one provider.`),
    )
    expect(await store.items()).toEqual(before)
  })

  test('of two at once for one issuer, one is refused', async () => {
    const both = await Promise.all(['one', 'two'].map((id) => store.run('add', id, ...oidc)))
    expect(both.map(({ status }) => status).sort()).toEqual([0, 1])
    expect(JSON.parse((await store.run('list', '--json')).stdout)).toHaveLength(1)
  })
})

const ISSUER =
  'Invalid --issuer. Use an https URL without user, query and fragment. http is for loopback addresses with --local only.'
const ID = 'Invalid id of a provider. Use 2 to 32 characters a-z, 0-9 and hyphen, with a letter first.'
const TENANTS =
  'Invalid --tenant. Use the Directory (tenant) ID of one tenant, which is a GUID. common and organizations are for any tenant, and are refused.'
const named = (kind: string) => `This is an issuer of the kind ${kind}. Use --kind ${kind}.`
const of = (issuer: string) => ['acme', '--kind', 'oidc', '--client-id', 'us', '--issuer', issuer]

test.each([
  [['Acme', ...oidc], ID],
  [['a', ...oidc], ID],
  [['1acme', ...oidc], ID],
  [['ac/me', ...oidc], ID],
  [['a'.repeat(33), ...oidc], ID],
  [['acme', '--client-id', 'us'], 'Missing --kind <kind>.'],
  [
    ['acme', '--kind', 'gogle', '--client-id', 'us'],
    'Invalid --kind. Use one of oidc, google, apple, entra, github. Did you mean google?',
  ],
  [['acme', '--kind', 'google'], 'Missing --client-id <id>.'],
  [
    ['acme', '--kind', 'google', '--client-id', 'a b'],
    'Invalid --client-id. Use the id that the provider shows.',
  ],
  [['acme', '--kind', 'oidc', '--client-id', 'us'], 'A provider of the kind oidc needs --issuer.'],
  [['acme', '--kind', 'entra', '--client-id', 'us'], 'A provider of the kind entra needs --tenant.'],
  [['acme', '--kind', 'apple', '--client-id', 'us'], 'A provider of the kind apple needs --team-id.'],
  [
    ['acme', '--kind', 'google', '--client-id', 'us', '--issuer', ACME],
    '--issuer is for the kind oidc only.',
  ],
  [
    ['acme', '--kind', 'google', '--client-id', 'us', '--mail-domains', 'a.example'],
    '--mail-domains is for the kind oidc or entra only.',
  ],
  [
    ['acme', ...oidc, '--mail-domains', 'nodomain'],
    'Invalid --mail-domains. Use at most 20 domains such as example.com,example.org, or none.',
  ],
  [['acme', '--kind', 'entra', '--client-id', 'us', '--tenant', 'common'], TENANTS],
  [['acme', '--kind', 'entra', '--client-id', 'us', '--tenant', 'organizations'], TENANTS],
  [['acme', '--kind', 'entra', '--client-id', 'us', '--tenant', 'acme.onmicrosoft.com'], TENANTS],
  [
    ['acme', '--kind', 'apple', '--client-id', 'us', '--team-id', 'x', '--key-id', 'KEY1234567'],
    'Invalid --team-id. Apple shows 10 capital letters and digits.',
  ],
  [of('http://login.acme.example'), ISSUER],
  [of('https://user@login.acme.example'), ISSUER],
  [of('https://login.acme.example/#a'), ISSUER],
  [of('https://login.acme.example/?a=b'), ISSUER],
  [of('login.acme.example'), ISSUER],
  [of(GOOGLE), named('google')],
  [of('https://ACCOUNTS.google.com/'), named('google')],
  [of('https://appleid.apple.com'), named('apple')],
  [of('https://account.apple.com'), named('apple')],
  [of(ENTRA), named('entra')],
  [of('https://login.microsoftonline.com/common/v2.0'), named('entra')],
  [of(`https://sts.windows.net/${TENANT}/`), named('entra')],
  [of('https://github.com/login/oauth'), named('github')],
])('add %j is refused before anything is asked', async (args, line) => {
  const before = far.paths.length
  expect(await store.run('add', ...args)).toEqual(refusal(2, line))
  expect(await store.items()).toEqual([])
  expect(far.paths.length).toBe(before)
})

const URL_OF = `${ACME}/.well-known/openid-configuration`
const other = (issuer: string) =>
  `The discovery document says another issuer: ${issuer}. Use exactly that one, also with or without a slash at its end.`
const unfit = (why: string) => `The provider cannot be used: ${why}.`
const WEAK = unfit('it signs id_tokens with no asymmetric algorithm such as RS256')
const SUBJECTS = unfit('its subjects are neither public nor pairwise, so no user would be found again')

test.each([
  ['says another issuer', { issuer: 'https://other.example' }, 1, other('https://other.example')],
  ['says the issuer with a slash', { issuer: `${ACME}/` }, 1, other(`${ACME}/`)],
  ['says none', { issuer: undefined }, 1, other('none')],
  ['has HS256 and none only', { id_token_signing_alg_values_supported: ['HS256', 'none'] }, 1, WEAK],
  ['says no algorithm', { id_token_signing_alg_values_supported: undefined }, 1, WEAK],
  ['has ephemeral subjects', { subject_types_supported: ['ephemeral'] }, 1, SUBJECTS],
  ['says no subjects', { subject_types_supported: undefined }, 1, SUBJECTS],
  [
    'has no code flow',
    { response_types_supported: ['id_token'] },
    1,
    unfit('it does not support the code flow'),
  ],
  [
    'has an endpoint with http',
    { token_endpoint: 'http://login.acme.example/token' },
    1,
    unfit('its token_endpoint is not an https URL'),
  ],
  ['has no keys', { jwks_uri: undefined }, 1, unfit('its jwks_uri is not an https URL')],
  [
    'takes no secret',
    { token_endpoint_auth_methods_supported: ['private_key_jwt', 'none'] },
    1,
    unfit('it takes a client secret neither in a header nor in the body'),
  ],
  ['is too large', { x: 'x'.repeat(65_536) }, 1, `${URL_OF} has more than 64 KiB.`],
])('a provider whose document %s is refused', async (_what, more, status, line) => {
  far.serve(ACME, more)
  expect(await store.run('add', 'acme', ...oidc)).toEqual(refusal(status, line))
  expect(await store.items()).toEqual([])
})

test.each([
  ['redirects', 302, 1, `${URL_OF} redirects. Use the issuer as its own discovery document says it.`],
  ['is missing', 404, 1, `${URL_OF} has the status 404. Is the issuer correct?`],
  ['fails', 503, 3, `${URL_OF} has the status 503. Is the issuer correct?`],
  ['is HTML', 200, 1, `${URL_OF} is not JSON. Is the issuer correct?`],
])('a document that %s is refused', async (_what, status, exit, line) => {
  far.serve(ACME, (response) =>
    response.writeHead(status, { Location: `${far.origin}/accounts.google.com/x` }).end('<html>'),
  )
  const before = far.paths.length
  expect(await store.run('add', 'acme', ...oidc)).toEqual(refusal(exit, line))
  expect(far.paths.length).toBe(before + 1)
  expect(await store.items()).toEqual([])
})

test('a far end that breaks the connection is reported in one line', async () => {
  far.serve(ACME, (response) => response.destroy())
  expect(await store.run('add', 'acme', ...oidc)).toEqual({
    status: 3,
    stdout: '',
    stderr: expect.stringMatching(/^https:.*openid-configuration cannot be read: \w+\.\n$/),
  })
})

proof('a far end that says nothing more for 3 seconds is reported in one line', async () => {
  far.serve(ACME, (response) => response.writeHead(200).write('{'))
  expect(await store.run('add', 'acme', ...oidc)).toEqual(
    refusal(3, `${URL_OF} cannot be read: no response within 3 s.`),
  )
})

test('http counts at a loopback address for the local service, and not for a stage', async () => {
  const issuer = `${far.origin}/acme`
  far.serve(issuer)
  const args = ['add', 'acme', '--kind', 'oidc', '--client-id', 'us', '--issuer', issuer]
  expect(await store.run(...args)).toMatchObject({ status: 0 })
  expect(await store.stored('acme')).toMatchObject({ issuer, tokenEndpoint: `${issuer}/token` })
  const env = {
    ...(await startStack('serverless-jwt-auth-other', {})),
    AWS_ENDPOINT_URL_DYNAMODB: store.endpoint,
  }
  expect(await store.runWith([...args, '--stage', 'other'], SECRET, env)).toEqual(refusal(2, ISSUER))
})

test('on a stage the redirect URI has its public URL, and the key is that of the stage', async () => {
  const env = {
    ...(await startStack('serverless-jwt-auth-dev', { PublicUrl: 'https://auth.example/' })),
    AWS_ENDPOINT_URL_DYNAMODB: store.endpoint,
    AWS_ENDPOINT_URL_KMS: store.endpoint,
  }
  expect(await store.runWith(['add', 'acme', ...oidc, '--stage', 'dev'], SECRET, env)).toEqual({
    status: 0,
    stdout: 'Added provider acme.\nredirect URI  https://auth.example/signin/acme\n',
    stderr: HINT,
  })
  expect(await store.decrypt('acme')).toBe(SECRET)
})

const NO_KEY = 'Invalid key. Use the .p8 file that Apple lets you download once.'
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString()

test.each([
  ['google', '', 2, 'Missing client secret on standard input.'],
  ['google', '\n', 2, 'Missing client secret on standard input.'],
  ['google', 'a b', 1, 'Invalid client secret. It has printable ASCII characters without spaces.'],
  ['google', 'x'.repeat(3_001), 1, 'Standard input has more than 3000 bytes.'],
  ['entra', TENANT, 1, 'This is the id of the secret. Use its value, which Entra shows once.'],
  ['apple', 'not a key', 1, NO_KEY],
  ['apple', rsa, 1, NO_KEY],
])('the secret of %s is refused: %j', async (kind, secret, status, line) => {
  const more = { apple: APPLE, entra: ['--tenant', TENANT] }[kind] ?? []
  expect(await store.input(secret, 'add', 'acme', '--kind', kind, '--client-id', 'us', ...more)).toEqual(
    refusal(status, line),
  )
  expect(await store.items()).toEqual([])
})

test('docs/PROVIDERS.md shows commands that work', async () => {
  const document = readFileSync(join(root, 'docs/PROVIDERS.md'), 'utf8')
  const shown = [...document.matchAll(/npm run providers -- (add .*?) (?:--local|--stage prod)(?: < .*)?$/gm)]
  far.serve('https://login.example.com')
  const ids: string[] = []
  for (const [, command = ''] of shown) {
    const args = command.replace('--tenant 8eaef023-…', `--tenant ${TENANT}`).replace('…', 'a').split(' ')
    const secret = command.includes('--kind apple') ? APPLE_KEY : SECRET
    const { status, stdout, stderr } = await store.input(secret, ...args)
    expect({ status, stderr }).toEqual({ status: 0, stderr: HINT })
    ids.push(String(args[1]))
    if (args[1] === 'google')
      expect(document).toContain(stdout.replace('PUBLIC_URL', 'http://localhost:3000'))
  }
  expect(ids).toEqual(['google', 'apple', 'microsoft', 'acme'])
})

test('a secret is no argument', async () => {
  expect(await store.run('add', 'acme', ...oidc, '--client-secret', SECRET)).toEqual(
    refusal(2, 'Unknown option --client-secret. Use --help for a list.'),
  )
  expect(await store.run('add', 'acme', ...oidc, SECRET)).toMatchObject({
    status: 2,
    stderr: expect.not.stringContaining(SECRET),
  })
})

test('without a target, the line has the name of this command', async () => {
  expect(await store.runWith(['list'], '')).toEqual(
    refusal(
      2,
      'Missing target. Use --local or --stage NAME after the double dash: npm run providers -- list --local',
    ),
  )
})

test('--help lists every command', async () => {
  const { stdout } = await store.runWith(['--help'], '')
  const commands = [...stdout.matchAll(/^ {2}([a-z][a-z-]+) (?=.* {2})/gm)].map(([, name]) => name)
  const names = ['add', 'list', 'show', 'set', 'new-secret', 'check', 'disable', 'enable', 'remove', 'help']
  expect(commands).toEqual(names)
  expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80)
})

test.each([
  [['ad'], 'Unknown command ad. Did you mean add?'],
  [['rotate'], 'Unknown command rotate. Did you mean new-secret?'],
  [['list', '--jsno'], 'Unknown option --jsno. Did you mean --json?'],
  [[], 'Missing command. Use --help for a list.'],
  [['show'], 'Missing id.'],
])('%j is one line', async (args, line) => {
  expect(await store.runWith(args, '')).toEqual(refusal(2, line))
})

test('no providers are listed as such', async () => {
  expect(await store.run('list')).toEqual(success('No providers.\n'))
  expect(await store.run('check')).toEqual(success('No providers.\n'))
})
