import { describe, expect, test } from 'vitest'
import { faultsOf, parametersOf } from './parameters.ts'

const ORIGINS =
  'must be *, or origins such as https://app.example.com, separated by commas, with nothing after the host or port'
const TOPIC = 'must be the ARN of an SNS topic, such as arn:aws:sns:eu-central-1:123456789012:alarms'
const THROTTLE = 'must be requests per second/burst, such as 200/100, each from 1 to 99999'
const ISSUER =
  'must be an https URL such as https://auth.example.com, or http on loopback, without query, fragment and final slash'
const seconds = (from: number, to: number) => `must be whole seconds from ${from} to ${to}`
const LIMIT = 'must be attempts/seconds, such as 10/900, with 1 to 10000 attempts'

/** Valid and invalid values of each parameter, and the message for an invalid one. */
const RULES: [
  name: string,
  valid: (string | number | boolean)[],
  invalid: (string | number)[],
  message: string,
][] = [
  [
    'issuer',
    ['https://auth.example.com', 'https://example.com/auth', 'http://localhost:3000'],
    [
      'auth.example.com',
      'http://auth.example.com',
      'https://auth.example.com/',
      'https://auth.example.com?',
      'https://auth.example.com/#a',
    ],
    ISSUER,
  ],
  [
    'audience',
    ['https://api.example.com', 'my-api'],
    ['first-party'],
    'must not be first-party, which is the client_id of every token',
  ],
  ['tokenTtlSeconds', ['60', 86_400], ['59', 86_401, '1e3', '-60', '90.5'], seconds(60, 86_400)],
  ['sessionTtlSeconds', ['60', 31_536_000], ['59', 31_536_001], seconds(60, 31_536_000)],
  ['sessionIdleTtlSeconds', ['60', 31_536_000], ['59', 31_536_001], seconds(60, 31_536_000)],
  ['limitUserAndSource', ['1/1', '10000/999999'], ['0/900', '5/0', '5', '5/900/1', '10001/1'], LIMIT],
  ['limitKnownSource', ['500/900'], ['500'], LIMIT],
  ['limitUserAndKnownSource', ['100/86400'], ['100'], LIMIT],
  ['refreshGraceSeconds', ['0', '60'], ['61', '-1'], seconds(0, 60)],
  ['limitSource', ['50/900'], ['50'], LIMIT],
  [
    'loginRateLimit',
    ['1/1', '200/100', '99999/99999'],
    ['200', '0/100', '200/0', '100000/1', '0.5/1'],
    THROTTLE,
  ],
  ['refreshRateLimit', ['400/200'], ['400'], THROTTLE],
  ['tokenRateLimit', ['30/15'], ['30'], THROTTLE],
  ['userinfoRateLimit', ['400/200'], ['400'], THROTTLE],
  ['limitUser', ['100/86400'], ['100'], LIMIT],
  [
    'allowedOrigins',
    [
      '',
      '*',
      'https://app.example.com',
      'http://localhost:3000,https://app.example.com:8443',
      'http://[::1]:3000',
    ],
    [
      'app.example.com',
      'https://app.example.com/',
      'https://app.example.com/path',
      'https://app.example.com?',
      'https://APP.example.com',
      'https://app.example.com:443',
      'https://user@app.example.com',
      'https://*.example.com',
      '*,https://app.example.com',
      'https://a.example, https://b.example',
      'https://a.example,',
      'ftp://example.com',
      'null',
    ],
    ORIGINS,
  ],
  ['authorizerCacheSeconds', [0, '300'], [-1, 301, 'x'], seconds(0, 300)],
  ['memoryMb', [128, '10240'], [127, 10_241, '1024.5', '1 GB'], 'must be whole megabytes from 128 to 10240'],
  ['loginConcurrency', [0, '100000'], [-1, 100_001], 'must be whole logins from 0 to 100000'],
  [
    'alarmTopicArn',
    ['', 'arn:aws:sns:eu-central-1:123456789012:alarms', 'arn:aws-cn:sns:cn-north-1:123456789012:A_b-1'],
    [
      'alarms',
      'arn:aws:sqs:eu-central-1:123456789012:alarms',
      'arn:aws:sns:eu-central-1:12345:alarms',
      'arn:aws:sns:eu-central-1:123456789012:alarms:5f0c',
    ],
    TOPIC,
  ],
  [
    'operators',
    [
      '',
      'arn:aws:iam::123456789012:role/operator',
      'arn:aws:iam::*:role/aws-reserved/sso.amazonaws.com/*/Admin_*,arn:aws-cn:iam::123456789012:user/a.b@c',
    ],
    [
      'operator',
      'arn:aws:iam::123456789012:root',
      'arn:aws:iam::123456789012:role/*',
      'arn:aws:iam::123456789012:group/operators',
      'arn:aws:sts::123456789012:assumed-role/operator/ada',
      'arn:aws:iam::123456789012:role/a, arn:aws:iam::123456789012:role/b',
    ],
    'must be ARNs of roles or users of IAM, separated by commas, such as arn:aws:iam::123456789012:role/operator',
  ],
  ['accessLogs', ['on', 'off'], ['yes', 'true'], 'must be on or off'],
  [
    'requestFloodPerMinute',
    [1, '75000', 100_000_000],
    [0, '1.5', 100_000_001],
    'must be whole requests from 1 to 100000000',
  ],
  ['signingKey', ['a', 'b'], ['c', 'A'], 'must be a or b'],
  ['publishedKeys', ['a', 'b', 'a,b'], ['b,a', 'c'], 'must be a or b or a,b'],
  [
    'breachedPasswords',
    ['on', 'off'],
    ['yes', 'http://127.0.0.1:8000/range/', 'https://api.pwnedpasswords.com/range/'],
    'must be on or off',
  ],
  ['limitMailSource', ['30/3600'], ['30', '0/3600'], LIMIT],
  ['limitMailSignIns', ['300/3600'], ['300', '0/3600'], LIMIT],
  ['limitMailRecipient', ['3/3600'], ['3', '3/0'], LIMIT],
  [
    'serviceName',
    ['Example', 'Größe & Co. «Zürich»', 'یادداشت\u200cها', 'x'.repeat(40)],
    ['x'.repeat(41), 'ü'.repeat(21), 'two\nlines', 'a\u0000b', 'a\u200cb', 'right\u202eleft'],
    'must be 1 to 40 bytes of text in one line',
  ],
  [
    'publicUrl',
    ['https://app.example.com', 'https://example.com/app', 'http://localhost:3000'],
    ['app.example.com', 'http://app.example.com', 'https://app.example.com/', 'https://app.example.com/#a'],
    ISSUER,
  ],
  ['registration', ['off', 'invite', 'open'], ['on', 'closed'], 'must be off or invite or open'],
  [
    'allowedEmailDomains',
    ['', 'example.org', 'example.org,mail.example.com'],
    [
      'Example.org',
      '@example.org',
      'example.org, example.com',
      'example.org,',
      'exämple.org',
      '*.example.org',
    ],
    'must be domains in lower case, such as example.org,example.com',
  ],
  [
    'namePrefix',
    ['shop-prod-auth', 'S3', 'x'.repeat(50)],
    ['x'.repeat(51), '1shop', '-shop', 'shop_prod', 'shop/prod', 'shop prod'],
    'must be 1 to 50 letters, digits and hyphens, with a letter first. Its default is SERVICE-STAGE-auth',
  ],
  ['notifyNewSource', ['on', 'off'], ['true'], 'must be on or off'],
  [
    'requireSecondFactor',
    ['none', 'administrators', 'all'],
    ['on', 'off', 'user', 'admin,user'],
    'must be none or administrators or all',
  ],
  ['factorResetDelaySeconds', ['0', 86_400, '2592000'], ['-1', '2592001', '24h'], seconds(0, 2_592_000)],
  ['pages', ['off'], ['yes'], 'must be on or off'],
  ['oauth', ['off'], ['yes', 'true'], 'must be on or off'],
  ['federation', ['off'], ['yes', 'true'], 'must be on or off'],
  [
    'clientMetadataHosts',
    ['', '*', 'claude.ai', 'claude.ai,vscode.dev'],
    [
      'claude',
      'localhost',
      '127.0.0.1',
      'https://claude.ai',
      'claude.ai/',
      'claude.ai:443',
      'Claude.ai',
      '*.ai',
      'claude.ai, vscode.dev',
      'claude.ai,',
    ],
    'must be *, or hosts in lower case such as claude.ai,vscode.dev',
  ],
  ['demo', ['on', 'off'], ['yes', 'true'], 'must be on or off'],
  ['cookieSessions', ['on', 'off'], ['yes', 'true'], 'must be on or off'],
  ['retained', [true, false, 'true', 'false'], ['yes', 1], 'must be true or false'],
]

describe.each(RULES)('the parameter %s', (name, valid, invalid, message) => {
  test.each(valid)('may be %j', (value) => {
    expect(faultsOf('prod', { [name]: value })).toEqual([])
  })
  test.each(invalid)('may not be %j', (value) => {
    expect(faultsOf('prod', { [name]: value })).toEqual([`The parameter ${name} ${message}.`])
  })
})

const PAGES_NEEDED =
  'The parameter publicUrl must name the pages that links in mails open, because pages is off.'

test.each(['no-reply@example.org', 'a@b.example'])('the parameter mailFrom may be %s', (mailFrom) => {
  expect(faultsOf('prod', { mailFrom, pages: 'on', cookieSessions: 'on' })).toEqual([])
})

test.each([
  'example.org',
  'Service <no-reply@example.org>',
  'a@b@c.example',
  'a@b.example\r\nBcc: c@d.example',
  '@b',
])('the parameter mailFrom may not be %j', (mailFrom) => {
  expect(faultsOf('prod', { mailFrom, pages: 'on', cookieSessions: 'on' })).toEqual([
    'The parameter mailFrom must be an e-mail address, such as no-reply@example.org.',
  ])
})

test('the audience is not that of tokens for the service’s own API or of act-as tokens', () => {
  const issuer = 'https://auth.example.com'
  expect(faultsOf('prod', { issuer, audience: `${issuer}/api` })).toEqual([
    "The parameter audience must not be https://auth.example.com/api, which tokens of clients have for the service's own API.",
  ])
  expect(faultsOf('prod', { issuer, audience: `${issuer}/act-as` })).toEqual([
    'The parameter audience must not be https://auth.example.com/act-as. This identifier is that of act-as tokens.',
  ])
  expect(faultsOf('prod', { issuer, audience: `${issuer}/apis` })).toEqual([])
  expect(faultsOf('prod', { issuer: null, audience: 'null/api' })).toEqual([])
})

test('links in mails need the pages, or a publicUrl with other pages', () => {
  const mailFrom = 'no-reply@example.org'
  expect(faultsOf('prod', { mailFrom, pages: 'off', publicUrl: null })).toEqual([PAGES_NEEDED])
  expect(faultsOf('prod', { mailFrom, pages: 'off', publicUrl: 'https://app.example' })).toEqual([])
  expect(faultsOf('prod', { mailFrom, pages: 'on', cookieSessions: 'on', publicUrl: null })).toEqual([])
  expect(faultsOf('prod', { mailFrom: null, pages: 'off', publicUrl: null })).toEqual([])
})

describe('with cookie sessions, the allowed origins', () => {
  const on = { cookieSessions: 'on', publicUrl: null, issuer: null }
  const app = 'https://app.example.com'
  const foreign = (origin: string, url: string) => [
    `The parameter allowedOrigins has ${origin}, which is not on the same site as ${url}: cookieSessions=on needs that.`,
  ]

  test.each([
    ['on the site of publicUrl', { allowedOrigins: app, publicUrl: 'https://auth.example.com' }],
    ['on the site of the issuer', { allowedOrigins: app, issuer: 'https://auth.example.com' }],
    ['all', { allowedOrigins: '*' }],
    ['none', { allowedOrigins: '' }],
  ])('may be %s', (_which, parameters) => {
    expect(faultsOf('prod', { ...on, ...parameters })).toEqual([])
  })

  test('may not be on another site than publicUrl, or else than the issuer', () => {
    const publicUrl = 'https://auth.example.org'
    const both = `https://www.example.org,${app}`
    expect(faultsOf('prod', { ...on, allowedOrigins: both, publicUrl })).toEqual(foreign(app, publicUrl))
    expect(faultsOf('prod', { ...on, allowedOrigins: app, issuer: publicUrl })).toEqual(
      foreign(app, publicUrl),
    )
    expect(faultsOf('prod', { ...on, cookieSessions: 'off', allowedOrigins: app, publicUrl })).toEqual([])
  })

  test('need a publicUrl on the site of the issuer', () => {
    const publicUrl = 'https://auth.example.org'
    const issuer = 'https://auth.example.com'
    const both = { ...on, allowedOrigins: '', publicUrl, issuer }
    expect(faultsOf('prod', both)).toEqual([
      `The parameter publicUrl must be on the same site as the issuer ${issuer}, because cookieSessions is on.`,
    ])
    expect(faultsOf('prod', { ...both, cookieSessions: 'off' })).toEqual([])
    expect(faultsOf('prod', { ...both, publicUrl: app })).toEqual([])
  })

  test('may not be named at the own address of an API on AWS', () => {
    expect(faultsOf('prod', { ...on, allowedOrigins: app })).toEqual([
      'The parameter allowedOrigins needs a publicUrl on the same site, because cookieSessions is on.',
    ])
  })

  test('may be any port of localhost on a developer’s machine', () => {
    const ports = 'http://localhost:5173,http://localhost:8080'
    expect(faultsOf('dev', { ...on, allowedOrigins: ports }, 'http://localhost')).toEqual([])
    expect(faultsOf('dev', { ...on, allowedOrigins: app }, 'http://localhost')).toEqual(
      foreign(app, 'http://localhost'),
    )
  })

  test('that are no origins are reported once', () => {
    expect(faultsOf('prod', { ...on, allowedOrigins: 'app', publicUrl: app })).toEqual([
      `The parameter allowedOrigins ${ORIGINS}.`,
    ])
    expect(faultsOf('prod', { ...on, allowedOrigins: app, publicUrl: 'auth' })).toEqual([
      `The parameter publicUrl ${ISSUER}.`,
    ])
  })
})

test('the pages need cookie sessions', () => {
  const fault =
    'The parameter pages needs cookieSessions=on, because the pages keep their session in a cookie.'
  expect(faultsOf('prod', { pages: 'on', cookieSessions: 'off' })).toEqual([fault])
  expect(faultsOf('prod', { pages: 'on' })).toEqual([fault])
  expect(faultsOf('prod', { pages: 'on', cookieSessions: 'on' })).toEqual([])
})

test('sign-in with other providers needs the pages', () => {
  const fault = 'The parameter federation needs pages=on, because users choose a provider on a page.'
  expect(faultsOf('prod', { federation: 'on' })).toEqual([fault])
  expect(faultsOf('prod', { federation: 'on', pages: 'on', cookieSessions: 'on' })).toEqual([])
})

test('sign-in with other providers shares the limit of sign-ins, so it is at least 2', () => {
  const fault = 'The parameter loginRateLimit must be at least 2/2, because federation=on shares it.'
  const on = { federation: 'on', pages: 'on', cookieSessions: 'on' }
  for (const loginRateLimit of ['1/1', '1/200', '200/1']) {
    expect(faultsOf('prod', { ...on, loginRateLimit })).toEqual([fault])
    expect(faultsOf('prod', { loginRateLimit })).toEqual([])
  }
  expect(faultsOf('prod', { ...on, loginRateLimit: '2/2' })).toEqual([])
})

test('sign-in with other providers needs the pages of the service at publicUrl, but on a developer’s machine', () => {
  const url = 'https://app.example.com'
  const fault = `The parameter federation needs the service's own pages at publicUrl, because providers lead there. Set issuer to a URL at ${url} that leads to this service, leave publicUrl out, or set federation=off.`
  const on = { federation: 'on', pages: 'on', cookieSessions: 'on' }
  expect(faultsOf('prod', { ...on, publicUrl: url })).toEqual([fault])
  expect(faultsOf('prod', { ...on, publicUrl: url, issuer: 'https://auth.example.com' })).toEqual([fault])
  expect(faultsOf('prod', { ...on, publicUrl: url, issuer: `${url}/auth` })).toEqual([])
  expect(faultsOf('prod', { ...on, publicUrl: null, issuer: 'https://auth.example.com' })).toEqual([])
  expect(faultsOf('prod', { ...on, publicUrl: url, federation: 'off' })).toEqual([])
  expect(faultsOf('dev', { ...on, publicUrl: url }, 'http://localhost:3000')).toEqual([])
})

test('hosts of metadata documents need oauth, and the default of dev does not', () => {
  const clientMetadataHosts = 'claude.ai'
  expect(faultsOf('prod', { oauth: 'off', clientMetadataHosts })).toEqual([
    'The parameter clientMetadataHosts needs oauth=on: no app signs users in without it.',
  ])
  const on = { oauth: 'on', pages: 'on', cookieSessions: 'on' }
  expect(faultsOf('prod', { ...on, clientMetadataHosts })).toEqual([])
  for (const all of ['*', '', null]) {
    expect(faultsOf('dev', { oauth: 'off', clientMetadataHosts: all })).toEqual([])
  }
})

test.each(['a', 'prod', '2026-11', 'fifteen-letters'])('a stage may be named %s', (stage) => {
  expect(faultsOf(stage, {})).toEqual([])
})

test.each(['', 'Prod', 'pr_d', 'my stage', 'sixteen-letters-', 'prod\n', 'prüf'])(
  'a stage may not be named %j',
  (stage) => {
    expect(faultsOf(stage, {})).toEqual(['The name of a stage must be 1 to 15 of a-z, 0-9 and hyphens.'])
  },
)

test('a parameter without a value, or with an unresolved variable, is valid', () => {
  const unresolved = `\${ssm:/memory}`
  expect(faultsOf('prod', { signingKey: null, loginConcurrency: null, memoryMb: unresolved })).toEqual([])
})

test('a parameter with an empty value is reported, with what to write', () => {
  expect(
    faultsOf('prod', parametersOf({}, 'prod', ['tokenTtlSeconds', 'signingKey=', 'alarmTopicArn='])),
  ).toEqual([
    'The parameter tokenTtlSeconds has no value. Write --param tokenTtlSeconds=VALUE.',
    'The parameter signingKey has no value. Write --param signingKey=VALUE.',
  ])
})

test('all faults are reported, the fault of the stage first', () => {
  expect(faultsOf('Prod', { memoryMb: 1, signingkey: 'a', retained: 'perhaps' })).toEqual([
    'The name of a stage must be 1 to 15 of a-z, 0-9 and hyphens.',
    'The parameter memoryMb must be whole megabytes from 128 to 10240.',
    'Unknown parameter signingkey. Did you mean signingKey?',
    'The parameter retained must be true or false.',
  ])
})

test('the command line overrides the stage, and the stage overrides the default', () => {
  const configured = {
    default: { memoryMb: 1769, retained: true, limitUser: '100/86400', allowedOrigins: '' },
    dev: { retained: false, limitUser: null, allowedOrigins: '*' },
  }
  expect(
    parametersOf(configured, 'dev', ['memoryMb=1', 'memoryMb=2', 'allowedOrigins=https://a.example/?b=c ']),
  ).toEqual({
    memoryMb: '2',
    retained: false,
    limitUser: '100/86400',
    allowedOrigins: 'https://a.example/?b=c',
  })
  expect(parametersOf(configured, 'prod', [])).toEqual(configured.default)
})

test('a parameter of the project is accepted, and suggested for a mistyped one', () => {
  const others = new Set(['currency'])
  expect(faultsOf('dev', { currency: 'EUR' }, undefined, others)).toEqual([])
  expect(faultsOf('dev', { curency: 'EUR' }, undefined, others)).toEqual([
    'Unknown parameter curency. Did you mean currency?',
  ])
})
