import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest'
import { mailCommand } from '../../scripts/mail/command.ts'
import { openSes, readSes } from '../../scripts/mail/ses.ts'
import { begin, beginInProcess, refusal, success } from '../support/process/command.ts'
import { root } from '../support/process/service-description.ts'
import { type MailAccount, startMailAccount } from './mail-account.ts'

const SENDER = 'no-reply@example.org'
const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'example' }

let current: MailAccount | 'mute'
let account: Awaited<ReturnType<typeof startMailAccount>>

beforeAll(async () => {
  account = await startMailAccount(() => current)
})
afterAll(() => account.stop())
beforeEach(() => {
  current = usual()
  account.asked.length = 0
})

const HEAD = 'Mail of stage prod in eu-central-1, from no-reply@example.org'

/** The lines of a stage that sends mail. */
const LINES = {
  sender: 'ok       example.org is verified.',
  dkim: 'ok       Mail is signed for example.org.',
  'mail-from': 'ok       The MAIL FROM domain is bounce.example.org.',
  sandbox: 'ok       The account has production access.',
  sending: 'ok       Sending is on (HEALTHY).',
  quota: 'ok       1234 of 50000 mails in 24 hours, at most 14 a second.',
  suppression: 'ok       2 suppressed addresses; newest: new@example.com (COMPLAINT, 2026-11-24 10:00).',
}

type Changes = Partial<typeof LINES>

test('check prints one line for each check, and exits with 0 when mail is sent', async () => {
  expect(await check()).toEqual({ status: 0, stdout: report(), stderr: '' })
  expect(account.asked.sort()).toEqual([
    '/v2/email/account',
    '/v2/email/identities/example.org',
    '/v2/email/identities/no-reply%40example.org',
    '/v2/email/suppression/addresses',
  ])
})

type Usual = ReturnType<typeof usual>
type Domain = ReturnType<typeof verified>

const ofDomain = (change: (domain: Domain) => object) => (state: Usual) =>
  Object.assign(state.identities['example.org'], change(state.identities['example.org']))
const ofAccount = (change: object) => (state: Usual) => Object.assign(state.account, change)
const quota = (sent: number, max: number) =>
  ofAccount({ SendQuota: { Max24HourSend: max, MaxSendRate: 14, SentLast24Hours: sent } })
const mailFrom = (status: string, behavior: string) =>
  ofDomain(({ MailFromAttributes }) => ({
    MailFromAttributes: {
      ...MailFromAttributes,
      MailFromDomainStatus: status,
      BehaviorOnMxFailure: behavior,
    },
  }))
const unverified = (status: string, errorType?: string) =>
  ofDomain(() => ({
    VerifiedForSendingStatus: false,
    VerificationStatus: status,
    ...(errorType && { VerificationInfo: { ErrorType: errorType } }),
  }))

const CASE = 'Do: Open the case in AWS Support Center.'
const DNS = 'Do: Publish its MX and TXT records in DNS.'
const CNAMES = 'Do: Publish the three CNAME records in DNS.'
const MORE = 'Do: Request a higher quota in Service Quotas, or find out what sends so much.'
const LIST_ALL =
  'Do: aws sesv2 put-account-suppression-attributes --suppressed-reasons BOUNCE COMPLAINT --region eu-central-1'
const NEWEST = '2 suppressed addresses; newest: new@example.com (COMPLAINT, 2026-11-24 10:00).'

/** States of an account in which mail is sent, and the lines that differ. */
const SENT: [what: string, change: (state: Usual) => unknown, Changes][] = [
  [
    'a verified address without a domain',
    (state) => Object.assign(state, { identities: { [SENDER]: verified() } }),
    { sender: `ok ${SENDER} is verified.`, dkim: `ok Mail is signed for ${SENDER}.` },
  ],
  [
    'a verified address that has its own settings beside its domain',
    (state) =>
      Object.assign(state.identities, { [SENDER]: { ...verified(), MailFromAttributes: undefined } }),
    {
      sender: `ok ${SENDER} is verified.`,
      dkim: `ok Mail is signed for ${SENDER}.`,
      'mail-from': 'ok The MAIL FROM domain is that of SES.',
    },
  ],
  [
    'a verified domain beside an address that is not',
    (state) =>
      Object.assign(state.identities, {
        [SENDER]: { ...verified(), VerifiedForSendingStatus: false, VerificationStatus: 'PENDING' },
      }),
    {},
  ],
  [
    'a domain whose records were not found lately',
    ofDomain(() => ({
      VerificationStatus: 'TEMPORARY_FAILURE',
      VerificationInfo: { ErrorType: 'DNS_SERVER_ERROR' },
    })),
    {
      sender:
        'warning example.org is verified, but its last verification failed (TEMPORARY_FAILURE, DNS_SERVER_ERROR). Do: Check its records in DNS.',
    },
  ],
  [
    'no DKIM attributes',
    ofDomain(() => ({ DkimAttributes: undefined })),
    {
      dkim: `warning Mail is not signed: SES did not find the DKIM records of example.org (unknown). ${CNAMES}`,
    },
  ],
  ...['PENDING', 'FAILED', 'TEMPORARY_FAILURE', 'NOT_STARTED'].map((status): (typeof SENT)[number] => [
    `DKIM in the state ${status}`,
    ofDomain(({ DkimAttributes }) => ({ DkimAttributes: { ...DkimAttributes, Status: status } })),
    {
      dkim: `warning Mail is not signed: SES did not find the DKIM records of example.org (${status}). ${CNAMES}`,
    },
  ]),
  [
    'DKIM signing that is off',
    ofDomain(({ DkimAttributes }) => ({ DkimAttributes: { ...DkimAttributes, SigningEnabled: false } })),
    {
      dkim: 'warning Mail is not signed: signing is off for example.org. Do: aws sesv2 put-email-identity-dkim-attributes --signing-enabled --email-identity example.org --region eu-central-1',
    },
  ],
  [
    'no custom MAIL FROM domain',
    ofDomain(() => ({ MailFromAttributes: { BehaviorOnMxFailure: 'USE_DEFAULT_VALUE' } })),
    { 'mail-from': 'ok The MAIL FROM domain is that of SES.' },
  ],
  [
    'a MAIL FROM domain without its MX record, which SES replaces',
    mailFrom('FAILED', 'USE_DEFAULT_VALUE'),
    {
      'mail-from': `warning SES did not find the MX record of bounce.example.org (FAILED), and uses a domain of its own. ${DNS}`,
    },
  ],
  [
    'an account under review',
    ofAccount({ EnforcementStatus: 'PROBATION' }),
    { sending: `warning AWS reviews the account and may pause sending (PROBATION). ${CASE}` },
  ],
  [
    'an unlimited quota',
    quota(9, -1),
    { quota: 'ok 9 mails of an unlimited quota in 24 hours, at most 14 a second.' },
  ],
  [
    'just under 80 % of the quota',
    quota(159, 200),
    { quota: 'ok 159 of 200 mails in 24 hours, at most 14 a second.' },
  ],
  [
    '80 % of the quota',
    quota(160, 200),
    { quota: `warning 160 of 200 mails in 24 hours, at most 14 a second. ${MORE}` },
  ],
  [
    'the last mail of the quota left',
    quota(199, 200),
    { quota: `warning 199 of 200 mails in 24 hours, at most 14 a second. ${MORE}` },
  ],
  [
    'no suppressed addresses',
    (state) => Object.assign(state, { suppressed: [[]] }),
    { suppression: 'ok 0 suppressed addresses.' },
  ],
  [
    'a suppression list of several pages',
    (state) => state.suppressed.push([suppressed('later@example.com', '2026-11-25T10:00:00Z')]),
    {
      suppression:
        'ok more than 2 suppressed addresses; newest of the first 2: new@example.com (COMPLAINT, 2026-11-24 10:00).',
    },
  ],
  [
    'a suppression list without complaints',
    ofAccount({ SuppressionAttributes: { SuppressedReasons: ['BOUNCE'] } }),
    { suppression: `warning The list does not take up COMPLAINT. ${NEWEST} ${LIST_ALL}` },
  ],
  [
    'a suppression list that is off',
    ofAccount({ SuppressionAttributes: undefined }),
    { suppression: `warning The list does not take up BOUNCE and COMPLAINT. ${NEWEST} ${LIST_ALL}` },
  ],
  [
    'a suppressed address with control characters',
    (state) =>
      Object.assign(state, { suppressed: [[suppressed('a\u001b[2J@example.com', '2026-11-24T10:00:00Z')]] }),
    {
      suppression: 'ok 1 suppressed address; newest: a\ufffd[2J@example.com (BOUNCE, 2026-11-24 10:00).',
    },
  ],
]

test.each(SENT)('check exits with 0 for %s', async (_, change, lines) => {
  const state = usual()
  change(state)
  current = state
  expect(await check()).toEqual({ status: 0, stdout: report(lines), stderr: '' })
})

const SKIPPED = {
  dkim: 'skipped The sender has no identity.',
  'mail-from': 'skipped The sender has no identity.',
}

/** States of an account in which mail is not sent, or not to everybody, and the lines that differ. */
const NOT_SENT: [what: string, change: (state: Usual) => unknown, Changes][] = [
  [
    'a sender without an identity',
    (state) => Object.assign(state, { identities: { 'example.com': verified() } }),
    {
      sender:
        'problem Neither no-reply@example.org nor example.org is an identity of SES in eu-central-1. Do: Create the identity example.org.',
      ...SKIPPED,
    },
  ],
  ...['PENDING', 'FAILED', 'TEMPORARY_FAILURE', 'NOT_STARTED'].map((status): (typeof NOT_SENT)[number] => [
    `a domain in the state ${status}`,
    unverified(status),
    { sender: `problem example.org is not verified (${status}). Do: Publish its DKIM records in DNS.` },
  ]),
  [
    'a domain whose record does not exist',
    unverified('FAILED', 'HOST_NOT_FOUND'),
    {
      sender:
        'problem example.org is not verified (FAILED, HOST_NOT_FOUND). Do: Publish its DKIM records in DNS.',
    },
  ],
  [
    'an address whose link was not opened',
    (state) =>
      Object.assign(state, {
        identities: {
          [SENDER]: { ...verified(), VerifiedForSendingStatus: false, VerificationStatus: 'PENDING' },
        },
      }),
    {
      sender: `problem ${SENDER} is not verified (PENDING). Do: Open the link that AWS sent to this address, or create an identity for its domain.`,
      dkim: `ok Mail is signed for ${SENDER}.`,
    },
  ],
  [
    'an address and a domain that are both not verified',
    (state) => {
      const pending = { ...verified(), VerifiedForSendingStatus: false, VerificationStatus: 'PENDING' }
      Object.assign(state, { identities: { [SENDER]: pending, 'example.org': pending } })
    },
    { sender: 'problem example.org is not verified (PENDING). Do: Publish its DKIM records in DNS.' },
  ],
  [
    'a MAIL FROM domain without its MX record, for which SES rejects mail',
    mailFrom('PENDING', 'REJECT_MESSAGE'),
    {
      'mail-from': `problem SES did not find the MX record of bounce.example.org (PENDING), and rejects all mail. ${DNS}`,
    },
  ],
  [
    'the sandbox',
    ofAccount({ ProductionAccessEnabled: false }),
    {
      sandbox:
        'problem The account is in the sandbox in eu-central-1: SES sends to verified addresses only. Do: Request production access.',
    },
  ],
  [
    'sending that AWS has paused',
    ofAccount({ EnforcementStatus: 'SHUTDOWN', SendingEnabled: false }),
    { sending: `problem AWS has paused sending (SHUTDOWN). ${CASE}` },
  ],
  [
    'sending that is off',
    ofAccount({ SendingEnabled: false }),
    {
      sending:
        'problem Sending is off for the account. Do: aws sesv2 put-account-sending-attributes --sending-enabled --region eu-central-1',
    },
  ],
  [
    'a quota that is used up',
    quota(200, 200),
    { quota: `problem 200 of 200 mails in 24 hours, at most 14 a second. ${MORE}` },
  ],
  ['no quota', ofAccount({ SendQuota: undefined }), { quota: 'problem SES returned no quota.' }],
  [
    'nothing that SES reports',
    (state) => Object.assign(state, { identities: {}, account: {}, suppressed: [] }),
    {
      sender:
        'problem Neither no-reply@example.org nor example.org is an identity of SES in eu-central-1. Do: Create the identity example.org.',
      ...SKIPPED,
      sandbox:
        'problem The account is in the sandbox in eu-central-1: SES sends to verified addresses only. Do: Request production access.',
      sending:
        'problem Sending is off for the account. Do: aws sesv2 put-account-sending-attributes --sending-enabled --region eu-central-1',
      quota: 'problem SES returned no quota.',
      suppression: `warning The list does not take up BOUNCE and COMPLAINT. 0 suppressed addresses. ${LIST_ALL}`,
    },
  ],
]

test.each(NOT_SENT)('check exits with 1 for %s, and names the problems', async (_, change, lines) => {
  const state = usual()
  change(state)
  current = state
  const names = Object.entries(lines).flatMap(([name, line]) => (line.startsWith('problem') ? [name] : []))
  expect(await check()).toEqual({
    status: 1,
    stdout: report(lines),
    stderr: `Users do not get all mail. Problems: ${names.join(', ')}.\n`,
  })
})

test('check prints what MAIL.md shows, in a new account', async () => {
  const state = usual()
  unverified('PENDING')(state)
  ofDomain(({ DkimAttributes }) => ({
    DkimAttributes: { ...DkimAttributes, Status: 'PENDING' },
    MailFromAttributes: { BehaviorOnMxFailure: 'USE_DEFAULT_VALUE' },
  }))(state)
  const sandbox = { Max24HourSend: 200, MaxSendRate: 1, SentLast24Hours: 0 }
  ofAccount({ ProductionAccessEnabled: false, SendQuota: sandbox })(state)
  current = { ...state, suppressed: [[]] }
  const [, shown] = /^```text\n(.*?)^```$/ms.exec(readFileSync(`${root}/docs/MAIL.md`, 'utf8')) ?? []
  expect(await check()).toEqual({
    status: 1,
    stdout: shown,
    stderr: 'Users do not get all mail. Problems: sender, sandbox.\n',
  })
})

test('check --suppressed lists the addresses of all pages, the newest first', async () => {
  const state = usual()
  state.suppressed.push([suppressed('later@example.com', '2026-11-25T10:00:00Z')])
  current = state
  const suppression = 'ok 3 suppressed addresses; newest: later@example.com (BOUNCE, 2026-11-25 10:00).'
  const list = [
    'suppressed         reason     since',
    'later@example.com  BOUNCE     2026-11-25 10:00',
    'new@example.com    COMPLAINT  2026-11-24 10:00',
    'old@example.com    BOUNCE     2026-11-01 08:00',
    '',
  ]
  expect(await check('--suppressed')).toEqual(success(`${report({ suppression })}${list.join('\n')}`))
})

test('check --json prints checks, quota and suppressed addresses for programs', async () => {
  const state = usual()
  state.account.ProductionAccessEnabled = false
  current = state
  const { status, stdout, stderr } = await check('--json')
  expect({ status, stderr }).toEqual({ status: 1, stderr: 'Users do not get all mail. Problems: sandbox.\n' })
  const { checks, ...others } = JSON.parse(stdout)
  expect(others).toEqual({
    stage: 'prod',
    region: 'eu-central-1',
    mailFrom: SENDER,
    identity: 'example.org',
    quota: { max24HourSend: 50_000, sentLast24Hours: 1_234, maxSendRate: 14 },
    suppressed: {
      isComplete: true,
      addresses: [
        { address: 'new@example.com', reason: 'COMPLAINT', at: '2026-11-24T10:00:00.000Z' },
        { address: 'old@example.com', reason: 'BOUNCE', at: '2026-11-01T08:00:00.000Z' },
      ],
    },
  })
  expect(checks).toHaveLength(7)
  expect(checks).toContainEqual({
    name: 'sandbox',
    state: 'problem',
    detail: 'The account is in the sandbox in eu-central-1: SES sends to verified addresses only.',
    action: 'Request production access.',
  })
})

test.each([
  ['mail that is off', { MailFrom: '' }],
  ['a version without mail', {}],
])('check refuses %s', async (_, outputs) => {
  current = { ...usual(), stack: { name: 'serverless-jwt-auth-prod', outputs } }
  expect(await check()).toEqual(
    refusal(1, 'Stage prod sends no mail. Deploy it with the parameter mailFrom; see docs/MAIL.md.'),
  )
  expect(account.asked).toEqual([])
})

test('check refuses a stage that does not exist', async () => {
  expect(await run(['check', '--stage', 'other', '--region', 'eu-west-1'])).toEqual(
    refusal(1, 'Stage other does not exist in eu-west-1.'),
  )
})

test('check names every IAM action that is missing', async () => {
  current = { ...usual(), denied: ['ses:GetAccount', 'ses:ListSuppressedDestinations'] }
  expect(await check()).toEqual(
    refusal(
      3,
      'Missing permissions: ses:GetAccount, ses:ListSuppressedDestinations. Allow these IAM actions to your user.',
    ),
  )
  current = { ...usual(), denied: ['ses:GetEmailIdentity'] }
  expect(await check()).toEqual(
    refusal(3, 'Missing permissions: ses:GetEmailIdentity. Allow these IAM actions to your user.'),
  )
})

test('check says what to do about expired credentials', async () => {
  const fault: MailAccount['fault'] = [403, 'ExpiredTokenException', 'The security token is expired']
  current = { ...usual(), fault }
  expect(await check()).toEqual(refusal(3, 'Failed: The security token is expired. Sign in to AWS again.'))
})

test.each([
  ['HTML', '<!doctype html><p>Hello<br></p>'],
  ['JSON', '{"detail":"Not Found"}'],
])('check says when %s is the response, because the endpoint is not AWS', async (_, body) => {
  const server = createServer((_request, response) => void response.end(body))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  const env = { ...environment(), AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` }
  expect(await run(['check', '--stage', 'prod'], env)).toEqual(
    refusal(3, 'The response is not one of AWS. Check AWS_ENDPOINT_URL and a proxy, if you use them.'),
  )
})

test('check says when SES sends no response', async () => {
  current = 'mute'
  const client = openSes({ region: 'eu-central-1', credentials: CREDENTIALS }, environment())
  await expect(readSes(client, SENDER, false, 50)).rejects.toMatchObject({
    outcome: 'failed',
    message: 'SES sent no response within 0.05 s.',
  })
})

test.each([
  ['no stage', ['check'], 'Missing --stage <name>.'],
  [
    'the local service',
    ['check', '--local'],
    'The check asks SES, so it has no --local. Use --stage NAME. The local service shows its mails at /mailbox.',
  ],
  ['no command', ['--stage', 'prod'], 'Missing command. Use --help for a list.'],
  ['a mistyped command', ['chek', '--stage', 'prod'], 'Unknown command chek. Did you mean check?'],
  [
    'a mistyped option',
    ['check', '--supressed', '--stage', 'prod'],
    'Unknown option --supressed. Did you mean --suppressed?',
  ],
  ['an invalid stage', ['check', '--stage', 'Prod_1'], 'The name of a stage has only a-z, 0-9 and hyphens.'],
])('mail refuses %s', async (_, args, line) => {
  expect(await run(args)).toEqual(refusal(2, line))
})

test('check refuses to run without credentials or region', async () => {
  const args = ['check', '--stage', 'prod']
  const { AWS_REGION: _, ...noRegion } = environment()
  expect(await run(args, noRegion)).toEqual(
    refusal(2, 'Missing AWS region. Use --region, AWS_REGION, or region in the AWS profile.'),
  )
  const env = { AWS_REGION: 'eu-central-1', AWS_ENDPOINT_URL: account.url }
  expect(await begin('scripts/mail.ts', args, env).outcome).toMatchObject({
    status: 2,
    stdout: '',
    stderr: expect.stringMatching(/^No AWS credentials: .+\.\n$/),
  })
})

const suppressed = (address: string, at: string, reason = 'BOUNCE') => ({
  EmailAddress: address,
  Reason: reason,
  LastUpdateTime: Date.parse(at) / 1000,
})

const verified = () => ({
  IdentityType: 'DOMAIN',
  FeedbackForwardingStatus: true,
  VerifiedForSendingStatus: true,
  VerificationStatus: 'SUCCESS',
  DkimAttributes: {
    SigningEnabled: true,
    Status: 'SUCCESS',
    Tokens: ['one', 'two', 'three'],
    SigningAttributesOrigin: 'AWS_SES',
  },
  MailFromAttributes: {
    MailFromDomain: 'bounce.example.org',
    MailFromDomainStatus: 'SUCCESS',
    BehaviorOnMxFailure: 'USE_DEFAULT_VALUE',
  },
  Policies: {},
  Tags: [],
})

const usual = () => ({
  stack: { name: 'serverless-jwt-auth-prod', outputs: { MailFrom: SENDER } },
  identities: { 'example.org': verified() },
  account: {
    DedicatedIpAutoWarmupEnabled: false,
    EnforcementStatus: 'HEALTHY',
    ProductionAccessEnabled: true,
    SendingEnabled: true,
    SendQuota: { Max24HourSend: 50_000, MaxSendRate: 14, SentLast24Hours: 1_234 },
    SuppressionAttributes: { SuppressedReasons: ['BOUNCE', 'COMPLAINT'] },
  },
  suppressed: [
    [
      suppressed('old@example.com', '2026-11-01T08:00:00Z'),
      suppressed('new@example.com', '2026-11-24T10:00:00Z', 'COMPLAINT'),
    ],
  ],
  denied: [] as string[],
})

const environment = (): Record<string, string> => ({
  AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
  AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
  AWS_REGION: 'eu-central-1',
  AWS_ENDPOINT_URL: account.url,
})

const run = async (args: string[], env = environment()) =>
  await beginInProcess(mailCommand, args, env).outcome

const check = (...options: string[]) => run(['check', '--stage', 'prod', ...options])

/** Returns the report with some other lines. */
function report(changes: Changes = {}): string {
  const lines = Object.entries({ ...LINES, ...changes }).map(([name, line]) => {
    const [, state = '', text] = /^(\w+) +(.*)$/.exec(line) ?? []
    return `${state.padEnd(9)}${name.padEnd(13)}${text}`
  })
  return [HEAD, ...lines, ''].join('\n')
}
