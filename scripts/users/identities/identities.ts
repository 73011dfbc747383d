import { findIdentities, type Identity } from '../../../lib/federation/identity.ts'
import { unlinkIdentity } from '../../../lib/federation/link.ts'
import type { ShownIdentity } from '../../../lib/operators/reads/overview.ts'
import { didYouMean } from '../../../project/did-you-mean.ts'
import type { OperatorTable, Subcommand } from '../../cli/operator.ts'
import { Refusal } from '../../cli/refusal.ts'
import { printable } from '../../cli/terminal/table.ts'
import { ofUser } from '../arguments.ts'
import { changeExisting, findExisting } from '../store.ts'

/** Formats an identity as one line. */
export const identityLine = ({ id, provider, label, createdAt, lastUsedAt }: ShownIdentity): string =>
  `${printable(provider)}: ${printable(label)}, since ${createdAt}, ${lastUsedAt ? `used ${lastUsedAt}` : 'not used yet'}, id ${id}`

/** Removes an identity of a user and ends all sessions. */
export async function unlink(table: OperatorTable, loginName: string, id: string): Promise<string> {
  const found = await findExisting(table, loginName)
  let provider = ''
  await changeExisting(table, loginName, found, async (user, changeId) => {
    const all = await findIdentities(table, user.id)
    const identity = all.find((one) => one.id === id)
    if (identity === undefined) throw noSuchIdentity(loginName, id, all)
    provider = identity.provider
    return unlinkIdentity(table, user, { identity, changeId }, table.act())
  })
  return `Removed the identity of provider ${provider} from ${loginName}. All sessions have ended.\n`
}

function noSuchIdentity(loginName: string, id: string, all: readonly Identity[]): Refusal {
  const meant = didYouMean(
    id,
    all.map((one) => one.id),
  )
  return new Refusal('refused', `${loginName} does not have this identity.${meant} Use show ${loginName}.`)
}

/** `npm run users -- unlink` */
export const unlinkCommand: Subcommand = (program) => {
  ofUser(program, 'unlink', 'removes an identity at a provider from a user, and ends all sessions')
    .argument('<id>', 'id of the identity, as show prints it')
    .action(async (name: string, id: string) =>
      program.print(await unlink(await program.operator('unlink'), name, id)),
    )
}
