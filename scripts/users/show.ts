import type { Table } from '../../lib/aws/dynamodb.ts'
import { type FactorReset, findFactorReset } from '../../lib/mail/factor-reset.ts'
import { accountOf } from '../../lib/operators/accounts.ts'
import { lastSignIn, wrongPasswords } from '../../lib/operators/reads/activity.ts'
import { shownIdentities } from '../../lib/operators/reads/overview.ts'
import { isoOf } from '../../lib/time.ts'
import type { Io } from '../cli/io.ts'
import { jsonOption, type Subcommand } from '../cli/operator.ts'
import { asJson, minuteOf, printable } from '../cli/terminal/table.ts'
import { factorsIn, shownRole, stateOf } from './account.ts'
import { ofUser } from './arguments.ts'
import { identityLine } from './identities/identities.ts'
import { findExisting } from './store.ts'

/** How a command prints what it reads. */
export interface ReadOptions {
  json?: boolean
}

/** Formats one user, one line for each value. */
async function show(
  table: Table,
  loginName: string,
  { json }: ReadOptions,
  { now }: Pick<Io, 'now'>,
): Promise<string> {
  const account = accountOf(await findExisting(table, loginName))
  const [identities, signIn, failures] = await Promise.all([
    shownIdentities(table, account.id),
    lastSignIn(table, account.id),
    wrongPasswords(table, account, now()),
  ])
  const reset = account.factors && (await findFactorReset(table, account.id))
  const activity = { lastSignInAt: signIn?.at, wrongPasswords: failures }
  if (json) {
    const ways = {
      ...(reset && { factorReset: factorResetOf(reset) }),
      ...(identities.length > 0 && { identities }),
    }
    return asJson({ ...account, ...ways, ...activity })
  }
  const { email, emailVerified, factors, mustEnrol } = account
  return [
    `username  ${account.username}`,
    ...(email === undefined ? [] : [`address   ${email}, ${emailVerified ? 'verified' : 'not verified'}`]),
    ...(account.locale === undefined ? [] : [`language  ${printable(account.locale)}`]),
    `id        ${account.id}`,
    ...(account.externalId === undefined ? [] : [`external  ${printable(account.externalId)}`]),
    `role      ${shownRole(account)}`,
    `state     ${stateOf(account)}`,
    ...(factors || mustEnrol
      ? [`factors   ${factorsIn(account)}${mustEnrol ? ', one is required' : ''}`]
      : []),
    ...(reset ? [`reset     of the factors is requested, ${announcedIn(factorResetOf(reset))}`] : []),
    ...identities.map((identity) => `identity  ${identityLine(identity)}`),
    ...Object.entries({ ...account.attributes }).map(
      ([name, value]) => `${name.padEnd(9)} ${printable(String(value))}`,
    ),
    `created   ${account.createdAt}`,
    `changed   ${account.changedAt}`,
    `sign-in   ${signIn ? `${signIn.at} from ${signIn.sourceIp}` : 'none in 180 days'}`,
    ...(failures > 0
      ? [`failures  ${failures} wrong ${failures === 1 ? 'password counts' : 'passwords count'} now`]
      : []),
    '',
  ].join('\n')
}

/** A requested reset of second factors, as operators see it. */
const factorResetOf = ({ announcedAt }: FactorReset) => ({
  ...(announcedAt !== undefined && { announcedAt: isoOf(announcedAt) }),
})

const announcedIn = ({ announcedAt }: { announcedAt?: string }): string =>
  announcedAt === undefined ? 'and no mail was sent yet' : `its mail was sent at ${minuteOf(announcedAt)} UTC`

/** `npm run users -- show` */
export const showCommand: Subcommand = (program) => {
  ofUser(program, 'show', 'shows a user')
    .addOption(jsonOption())
    .action(async (name: string, options: ReadOptions) =>
      program.print(await show(await program.table(), name, options, program.io)),
    )
}
