import { Option } from 'commander'
import type { Io } from '../cli/io.ts'
import type { tableProgram } from '../cli/operator.ts'
import { type AddApiOptions, addApi, removeExistingApi, type SetApiOptions, setApi } from './apis.ts'
import { readApiScope, readIdentifier, readName, readScopeName, several } from './input.ts'
import { takenIdentifiers } from './known.ts'
import { listApis, type ReadOptions, showApi } from './show.ts'

/** Adds the commands on APIs to `npm run clients`. */
export function addApiCommands(
  { command: clients, options: target, table, operator }: ReturnType<typeof tableProgram>,
  io: Io,
): void {
  const print = (text: string) => void io.stdout.write(text)
  const ofApi = (name: string, description: string) =>
    clients.command(name).description(description).argument('<uri>', 'identifier of the API', readIdentifier)
  const scopes = () =>
    several(
      '--scope <name=sentence>',
      "a scope and what users see: 'orders:read=See your orders'",
      readApiScope,
    )
  const json = () => new Option('--json', 'print JSON')

  ofApi('add-api', 'adds an API that clients get tokens for')
    .option('--name <name>', 'as users see it, if not its identifier', readName)
    .option('--dev', 'the identifier may be a loopback address; always with --local')
    .addOption(scopes())
    .option('--url-clients', 'clients that are URLs, which are not registered, may ask for its scopes')
    .action(async (identifier: string, options: AddApiOptions) => {
      const found = await operator('add-api')
      const dev = options.dev === true || target().local === true
      const taken = await takenIdentifiers(target(), io.env, found.name)
      print(await addApi(found, identifier, { ...options, dev }, taken, io))
    })

  clients
    .command('list-apis')
    .description('lists all APIs')
    .addOption(json())
    .action(async (options: ReadOptions) => print(await listApis(await table(), options, io)))

  ofApi('show-api', 'shows an API')
    .addOption(json())
    .action(async (identifier: string, options: ReadOptions) =>
      print(await showApi(await table(), identifier, options, io)),
    )

  ofApi('set-api', 'changes name and scopes of an API')
    .option('--name <name>', 'as users see it', readName)
    .addOption(scopes())
    .addOption(several('--remove-scope <name>', 'a scope that no client has', readScopeName))
    .option('--url-clients', 'clients that are URLs may ask for its scopes')
    .option('--no-url-clients', 'only registered clients get tokens for it')
    .action(async (identifier: string, options: SetApiOptions) =>
      print(await setApi(await operator('set-api'), identifier, options)),
    )

  ofApi('remove-api', 'removes an API of which no client has a scope')
    .option('--yes', 'do not ask for confirmation')
    .action(async (identifier: string, { yes = false }: { yes?: boolean }) =>
      print(await removeExistingApi(await operator('remove-api'), identifier, yes, io)),
    )
}
