import '../support/process/real-argon2.ts'
import { beforeAll, expect, test } from 'vitest'
import { type Reached, recordSmoke } from '../operator/smoke/reach.ts'
import type { Outcome } from '../support/process/command.ts'
import { describeService } from '../support/process/service-description.ts'
import { allows } from './policy.ts'
import { statementsByRole } from './smoke-statements.ts'

const service = describeService()

let outcome: Outcome
let reached: Reached[]

beforeAll(async () => {
  ;({ outcome, reached } = await recordSmoke(service))
})

test('npm run smoke passes all checks but that of the log', () => {
  expect(outcome).toMatchObject({ status: 0, stderr: '' })
  expect(outcome.stdout.match(/^(?:failed|skipped) .*$/gm)).toEqual([
    expect.stringMatching(/^skipped +native argon2/),
  ])
})

const LEAST = 220

const OF_PROOFS = 'Only a user without a password needs it, and the smoke test has users with one.'
const OF_PASSKEYS = 'The smoke test creates no account with a passkey.'
const OF_LANGUAGES = 'The smoke test changes no language: a stage may have one only.'
const OF_MAILS = 'The smoke test has no sign-in by a mail.'

/** Why no check has a call that a statement allows. */
const UNREACHED: Record<string, string> = {
  'publish-event putEvents': 'Events leave after their change, and no check waits for them.',
  'authorizer readActSources': 'The smoke test has no operator who acts as a user.',
  'mailer keepFailedMails': 'Lambda itself writes to the queue, after three failures.',
  'fetch-client storeDocuments': 'Only a document on a public host is stored.',
  'new-account storeProvedLogins': 'Only requireSecondFactor=all demands an enrolment of a new account.',
  'new-account findNames': 'Only a username that is taken is looked up.',
  'login replaceHashes': 'Only a hash of another program, or of a lower cost, is replaced.',
  'reset removeIdentities': 'Only a user with identities loses them.',
  'mailer readProviderNames': 'Only mails to a user with identities name providers.',
  'login-passkey returnAttempts': 'Only attempts that failed before are given back.',
  'change-email changeLocales': OF_LANGUAGES,
  'change-email recordEvents': OF_LANGUAGES,
  'change-email readChangeTokens': OF_PROOFS,
  'change-email spendChangeTokens': OF_PROOFS,
  'delete-me readChangeTokens': OF_PROOFS,
  'delete-me spendChangeTokens': OF_PROOFS,
  'factors readChangeTokens': OF_PROOFS,
  'factors spendChangeTokens': OF_PROOFS,
  'enrolment storeNewUserChallenges': OF_PASSKEYS,
  'new-account readBoundChallenges': OF_PASSKEYS,
  'new-account spendSingleChallenges': OF_PASSKEYS,
  'new-account storePasskeys': OF_PASSKEYS,
  'new-account storeRecoveryCodes': OF_PASSKEYS,
  'mailer readKnownSources': OF_MAILS,
  'new-account storeMailLogins': OF_MAILS,
}

/** Functions that no check calls. */
const OF_FUNCTION: Record<string, string> = {
  proof: OF_PROOFS,
  'login-mail': OF_MAILS,
  device: 'Only browsers bind sessions to a device.',
}

/** No check signs in with another identity provider: a stage may have none. */
const OF_PROVIDERS = ['federation', 'new-identity', 'identities']

/** Only a browser with the session of an administrator uses the console. */
const OF_OPERATORS = ['admin-read', 'admin-change', 'admin-danger', 'act-as']

/** Lambda invokes the mailer later, perhaps during the next check. These checks wait for their mails. */
const WAITS_FOR_MAIL = ['mail', 'cancelled reset of the factors']
const isSure = ({ functionKey, check }: Reached) => functionKey !== 'mailer' || WAITS_FOR_MAIL.includes(check)

test('the table names the check that reaches each statement, or why none does', async () => {
  const unexplained: string[] = []
  const lines = statementsByRole(service).map(({ functionKey, name, statement }) => {
    const role = `${functionKey} ${name}`
    const own = reached.filter((access) => access.functionKey === functionKey && isSure(access))
    const first = own.find((access) => allows(statement, access))
    const why = OF_PROVIDERS.includes(functionKey)
      ? 'The smoke test has no provider.'
      : OF_OPERATORS.includes(functionKey)
        ? 'The smoke test has no browser with a session of an administrator.'
        : (OF_FUNCTION[functionKey] ?? UNREACHED[role])
    if (first === undefined ? why === undefined : Object.hasOwn(UNREACHED, role)) unexplained.push(role)
    return `${role}: ${first?.check ?? `- ${why}`}\n`
  })
  expect(unexplained).toEqual([])
  const count = lines.filter((line) => !line.includes(': - ')).length
  expect(count).toBeGreaterThanOrEqual(LEAST)
  console.log(`${count} of ${lines.length} statements are reached by npm run smoke`)
  await expect(lines.join('')).toMatchFileSnapshot('smoke-reach.txt')
})
