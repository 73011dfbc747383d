import { changeProvider, removeProvider } from '../../lib/federation/store.ts'
import { commandLine } from '../../project/commands.ts'
import type { Io } from '../cli/io.ts'
import type { OperatorTable, Subcommand } from '../cli/operator.ts'
import { Refusal } from '../cli/refusal.ts'
import { confirmOrRefuse } from '../cli/terminal/prompts.ts'
import { appleIdReader, ofProvider } from './input.ts'
import { askSecret, encrypt } from './secret.ts'
import { changeExistingProvider, findExistingProvider, requireSame } from './store.ts'

/** Replaces the secret of a provider. The provider decides how long the one before counts there; here it does not any longer. */
async function newSecret(
  table: OperatorTable,
  id: string,
  keyId: string | undefined,
  io: Io,
): Promise<string> {
  const found = await findExistingProvider(table, id)
  if ((keyId !== undefined) !== (found.kind === 'apple')) {
    throw new Refusal(
      'usage',
      keyId === undefined
        ? 'Another key of Apple needs its --key-id.'
        : '--key-id is for the kind apple only.',
    )
  }
  const secret = await encrypt(table, id, await askSecret(found, io))
  await changeExistingProvider(table, id, (provider) => {
    requireSame(found, provider)
    const changes = { secret, ...(keyId !== undefined && { appleKeyId: keyId }) }
    return changeProvider(table, provider, { changes, detail: 'secret-replaced' }, table.act())
  })
  return `Provider ${id} has a new secret.\n`
}

/** Disables a provider. Sessions that it began stay. */
async function disable(table: OperatorTable, id: string): Promise<string> {
  await setDisabled(table, id, true)
  return `Provider ${id} is disabled. Sessions stay. ${commandLine('users', `end-sessions --provider ${id}`)} ends them.\n`
}

/** Enables a disabled provider. */
async function enable(table: OperatorTable, id: string): Promise<string> {
  await setDisabled(table, id, false)
  return `Provider ${id} is enabled.\n`
}

const setDisabled = (table: OperatorTable, id: string, disabled: boolean): Promise<void> =>
  changeExistingProvider(table, id, (provider) =>
    changeProvider(
      table,
      provider,
      { changes: { disabled }, detail: disabled ? 'disabled' : 'enabled' },
      table.act(),
    ),
  )

/** Removes a provider. Identities of users stay. */
async function remove(table: OperatorTable, id: string, yes: boolean, io: Io): Promise<string> {
  const found = await findExistingProvider(table, id)
  if (!yes) await confirmOrRefuse(`Remove provider ${id}? Its secret cannot be read again.`, io)
  await changeExistingProvider(table, id, (provider) => {
    requireSame(found, provider)
    return removeProvider(table, provider, table.act())
  })
  return `Removed provider ${id}. Its users keep their identities, which count again if you add its issuer again.\n`
}

/** `npm run providers -- new-secret` */
export const newSecretCommand: Subcommand = (program) => {
  ofProvider(program, 'new-secret', 'replaces the secret, which comes from a hidden prompt or standard input')
    .option('--key-id <id>', 'apple: id of the key in the .p8 file', appleIdReader('--key-id'))
    .action(async (id: string, { keyId }: { keyId?: string }) =>
      program.print(await newSecret(await program.operator('new-secret'), id, keyId, program.io)),
    )
}

/** `npm run providers -- disable` and `enable` */
export const disableCommands: Subcommand = (program) => {
  for (const [name, description, change] of [
    ['disable', 'disables a provider at once; password and passkeys still work', disable],
    ['enable', 'enables a disabled provider', enable],
  ] as const) {
    ofProvider(program, name, description).action(async (id: string) =>
      program.print(await change(await program.operator(name), id)),
    )
  }
}

/** `npm run providers -- remove` */
export const removeCommand: Subcommand = (program) => {
  ofProvider(program, 'remove', 'removes a provider; identities of users stay')
    .option('--yes', 'do not ask for confirmation')
    .action(async (id: string, { yes = false }: { yes?: boolean }) =>
      program.print(await remove(await program.operator('remove'), id, yes, program.io)),
    )
}
