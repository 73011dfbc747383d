import { randomBytes } from 'node:crypto'
import { endGrants, hasSecret } from '../../lib/oauth/clients/client.ts'
import { hasEarlierSecret, SECRET_BYTES, secretOf, withNewSecret } from '../../lib/oauth/clients/secret.ts'
import { changeClient, removeClient } from '../../lib/oauth/clients/store.ts'
import { isoOf } from '../../lib/time.ts'
import type { Io } from '../cli/io.ts'
import { jsonOption, type OperatorTable, type Subcommand } from '../cli/operator.ts'
import { Refusal } from '../cli/refusal.ts'
import { confirmOrRefuse } from '../cli/terminal/prompts.ts'
import { minuteOf } from '../cli/terminal/table.ts'
import { print } from './add.ts'
import { type AnyClientId, ofAnyClient, ofClient } from './input.ts'
import { changeExistingClient, findExistingClient } from './store.ts'
import * as urls from './urls.ts'

/** Options of `new-secret`. */
interface NewSecretOptions {
  endEarlier?: boolean
  json?: boolean
}

/**
 * Gives a client another secret and prints it. The one before stays valid for 24 hours, by the operator's clock: AWS refuses requests
 * of a clock that is wrong by more than 15 minutes.
 *
 * While two are valid, a third one would end the earlier one, which the client may still use. So it is
 * refused, and of two commands at once one is.
 */
export async function newSecret(
  table: OperatorTable,
  id: string,
  options: NewSecretOptions,
  io: Pick<Io, 'now' | 'stdout' | 'stderr'>,
): Promise<void> {
  const secret = secretOf(randomBytes(SECRET_BYTES))
  const isImmediate = options.endEarlier ?? false
  await changeExistingClient(table, id, async (client) => {
    if (!hasSecret(client))
      throw new Refusal('refused', `A ${client.type} client such as ${id} has no secret.`)
    if (!isImmediate && hasEarlierSecret(client, io.now())) {
      const end = minuteOf(isoOf(client.earlierSecretEndsAt ?? 0))
      throw new Refusal(
        'refused',
        `Client ${id} has two secrets until ${end} UTC. To end both now, use --end-earlier.`,
      )
    }
    const changes = withNewSecret(client, secret, { isImmediate, now: io.now() })
    const detail = isImmediate ? 'secrets-ended' : 'secret-added'
    return await changeClient(table, client, { changes, detail }, table.act())
  })
  const others = isImmediate ? 'All earlier ones are invalid.' : 'The one before is valid for 24 hours.'
  print(`Client ${id} has a new secret. ${others}\n`, { id, secret }, options, io)
}

/** Disables a client, and ends all its codes and grants. */
export async function disable(table: OperatorTable, id: string): Promise<string> {
  await changeExistingClient(table, id, (client) =>
    changeClient(
      table,
      client,
      { changes: { disabled: true, ...endGrants(client) }, detail: 'disabled' },
      table.act(),
    ),
  )
  return `Client ${id} is disabled. All its codes and grants have ended.\n`
}

/** Enables a disabled client. What ended stays ended. */
export async function enable(table: OperatorTable, id: string): Promise<string> {
  await changeExistingClient(table, id, (client) =>
    changeClient(table, client, { changes: { disabled: false }, detail: 'enabled' }, table.act()),
  )
  return `Client ${id} is enabled.\n`
}

/** Ends all codes and grants of a client. Its users are asked again. */
export async function endAllGrants(table: OperatorTable, id: string): Promise<string> {
  await changeExistingClient(table, id, (client) =>
    changeClient(table, client, { changes: endGrants(client), detail: 'grants-ended' }, table.act()),
  )
  return `All codes and grants of client ${id} have ended.\n`
}

/** Removes a client, and with it all its codes and grants. */
export async function remove(table: OperatorTable, id: string, yes: boolean, io: Io): Promise<string> {
  const found = await findExistingClient(table, id)
  if (!yes) await confirmOrRefuse(`Remove client ${id}? This cannot be undone.`, io)
  await changeExistingClient(table, id, async (client) => {
    // Another operator may have removed it and added one with the same id while this one was asked.
    if (client.createdAt !== found.createdAt) {
      throw new Refusal('refused', `Client ${id} was removed and added again concurrently. Try again.`)
    }
    return await removeClient(table, client, table.act())
  })
  return `Removed client ${id}. All its codes and grants have ended.\n`
}

/** `npm run clients -- new-secret` */
export const newSecretCommand: Subcommand = (program) => {
  ofClient(program, 'new-secret', 'gives a client another secret; the one before is valid for 24 hours')
    .option('--end-earlier', 'end all earlier secrets at once')
    .addOption(jsonOption())
    .action(async (id: string, options: NewSecretOptions) =>
      newSecret(await program.operator('new-secret'), id, options, program.io),
    )
}

/** `npm run clients -- disable`, `enable` and `end-grants`, also for clients that are not registered */
export const disableCommands: Subcommand = (program) => {
  const switches = {
    disable: ['disables a client, and ends its codes and grants', disable, urls.disable],
    enable: ['enables a disabled client', enable, urls.enable],
    'end-grants': ['ends all codes and grants of a client', endAllGrants, urls.endAllGrants],
  } as const
  for (const [name, [description, ofRegistered, ofUrl]] of Object.entries(switches)) {
    ofAnyClient(program, name, description).action(async (which: AnyClientId) => {
      const found = await program.operator(name)
      program.print(await ('id' in which ? ofRegistered(found, which.id) : ofUrl(found, which.target)))
    })
  }
}

/** `npm run clients -- remove` */
export const removeCommand: Subcommand = (program) => {
  ofClient(program, 'remove', 'removes a client, and ends its codes and grants')
    .option('--yes', 'do not ask for confirmation')
    .action(async (id: string, { yes = false }: { yes?: boolean }) =>
      program.print(await remove(await program.operator('remove'), id, yes, program.io)),
    )
}
