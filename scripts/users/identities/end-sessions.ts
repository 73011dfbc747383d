import { type Table, text } from '../../../lib/aws/dynamodb.ts'
import { pagesOf, readItems } from '../../../lib/aws/pages.ts'
import { ownIdentityKey } from '../../../lib/federation/identity.ts'
import { findProvider, findProviders } from '../../../lib/federation/provider.ts'
import { endSessions as endAllSessions } from '../../../lib/operators/changes.ts'
import { profileKey } from '../../../lib/users/store.ts'
import { didYouMean } from '../../../project/did-you-mean.ts'
import type { Io } from '../../cli/io.ts'
import type { OperatorTable, Subcommand } from '../../cli/operator.ts'
import { Refusal } from '../../cli/refusal.ts'
import { readProviderId } from '../../providers/input.ts'
import { readLoginName } from '../arguments.ts'
import { changeEach } from '../several.ts'
import { changeExisting, findExisting } from '../store.ts'

/** Ends all sessions of the users who have an identity of a provider. */
async function endSessionsOf(table: OperatorTable, id: string, io: Io): Promise<void> {
  const provider = await findProvider(table, id)
  if (provider && !provider.disabled) {
    io.stderr.write(`Provider ${id} is enabled, so its users can sign in again.\n`)
  }
  const users = await usersOf(table, id, provider?.issuer)
  if (users.length === 0) {
    if (provider === undefined) throw await noSuchProvider(table, id)
    io.stdout.write(`No user has an identity of provider ${id}.\n`)
    return
  }
  await changeEach(users, (loginName) => endSessions(table, loginName, id), io)
}

async function noSuchProvider(table: Table, id: string): Promise<Refusal> {
  const ids = (await findProviders(table)).map((one) => one.id)
  return new Refusal(
    'refused',
    `Provider ${id} does not exist, and no user has its identities.${didYouMean(id, ids)}`,
  )
}

/**
 * Finds the usernames of all who have an identity of a provider. It reads the whole table.
 *
 * @param issuer - Of the provider. Identities that were linked before it was removed and added again may have another id.
 */
async function usersOf(table: Table, id: string, issuer = ''): Promise<string[]> {
  const ids = new Set<string>()
  const identities = {
    FilterExpression: 'begins_with(sk, :own) AND (provider = :id OR issuer = :issuer)',
    ExpressionAttributeValues: {
      ':own': ownIdentityKey('', '').sk,
      ':id': { S: id },
      ':issuer': { S: issuer },
    },
    ProjectionExpression: 'pk',
  }
  for await (const { items } of pagesOf(table, 'Scan', identities)) {
    for (const item of items) ids.add(text(item, 'pk').replace(/^user#/, ''))
  }
  const profiles = await readItems(table, [...ids].map(profileKey), ['username'])
  return profiles.map((item) => text(item, 'username')).sort()
}

/** Ends all sessions of a user. @param provider - Whose users the command is about, for the event. */
export async function endSessions(
  table: OperatorTable,
  loginName: string,
  provider?: string,
): Promise<string> {
  const found = await findExisting(table, loginName)
  await changeExisting(table, loginName, found, (user, changeId) =>
    endAllSessions(table, user, { changeId, ref: provider }, table.act()),
  )
  return `All sessions of ${loginName} have ended.\n`
}

/** `npm run users -- end-sessions` */
export const endSessionsCommand: Subcommand = (program) => {
  const { command: users, operator, print, io } = program
  users
    .command('end-sessions')
    .description('ends all sessions of a user, or of all who have an identity of a provider')
    .argument('[username]', 'username or e-mail address of the user', readLoginName)
    .option('--provider <id>', 'of all who have an identity of this provider', readProviderId)
    .action(async (name: string | undefined, { provider }: { provider?: string }) => {
      if ((name === undefined) === (provider === undefined)) {
        throw new Refusal('usage', 'Use either a username or --provider.')
      }
      const found = await operator('end-sessions')
      if (provider !== undefined) await endSessionsOf(found, provider, io)
      else print(await endSessions(found, String(name)))
    })
}
