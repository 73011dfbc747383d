import { type Command, Option } from 'commander'
import { CLIENT_TYPES } from '../../lib/oauth/clients/client.ts'
import { GRANT_TTL_SECONDS } from '../../lib/sessions/grant-lifetimes.ts'
import type { Io } from '../cli/io.ts'
import { tableProgram } from '../cli/operator.ts'
import { Refusal } from '../cli/refusal.ts'
import { addEventsOptions } from '../users/events/command.ts'
import type { EventsOptions } from '../users/events/events.ts'
import { type AddOptions, add } from './add.ts'
import { addApiCommands } from './api-command.ts'
import * as changes from './changes.ts'
import { events } from './events.ts'
import { readAnyClientId, readClientId, readName, secondsReader, several } from './input.ts'
import { takenIdentifiers } from './known.ts'
import { type SetOptions, set } from './set.ts'
import { list, type ReadOptions, show, showUrl } from './show.ts'
import * as urls from './urls.ts'

type AnyClientId = ReturnType<typeof readAnyClientId>

const MAX_TOKEN_SECONDS = 86_400

/** Creates the command `npm run clients`. */
export function clientsCommand(io: Io): Command {
  const program = tableProgram('clients', io)
  const { command: clients, options: target, table, operator } = program
  const print = (text: string) => void io.stdout.write(text)
  const ofClient = (name: string, description: string) =>
    clients.command(name).description(description).argument('<id>', 'client_id', readClientId)
  const ofAnyClient = (name: string, description: string) =>
    clients
      .command(name)
      .description(description)
      .argument('<id>', 'client_id, also a URL, or https://host for all of a host', readAnyClientId)
  const json = () => new Option('--json', 'print JSON')

  const added = ofClient('add', 'adds a client, and prints its secret, which is not shown again')
    .addOption(new Option('--type <type>', 'what it is').choices(CLIENT_TYPES).makeOptionMandatory())
    .option('--name <name>', 'as users see it, if not its id', readName)
    .addOption(several('--redirect-uri <uri>', 'where codes may go'))
    .addOption(several('--post-logout-uri <uri>', 'where a sign-out may lead'))
    .addOption(several('--scope <name>', 'what it may ask for, instead of openid, profile and email'))
    .option('--first-party', 'it is your own: of type web, users are asked for offline_access only')
    .option('--silent', 'of type browser: users who gave consent see no screen, but at loopback addresses')
    .option('--dev', 'loopback addresses may be redirect URIs; always with --local')
    .addOption(json())
  withLifetimes(added).action(async (id: string, options: AddOptions) => {
    const found = await operator('add')
    const taken = await takenIdentifiers(target(), io.env, found.name)
    const dev = options.dev === true || target().local === true
    await add(found, id, { ...options, dev }, taken, io)
  })

  clients
    .command('list')
    .description('lists all clients')
    .addOption(json())
    .action(async (options: ReadOptions) => print(await list(await table(), options, io)))

  ofAnyClient('show', 'shows a client, without its secrets')
    .addOption(json())
    .action(async (which: AnyClientId, options: ReadOptions) => {
      const found = await table()
      const isRegistered = 'id' in which
      print(
        await (isRegistered ? show(found, which.id, options, io) : showUrl(found, which.target, options, io)),
      )
    })

  const changed = ofClient('set', 'changes values of a client')
    .option('--name <name>', 'as users see it', readName)
    .addOption(several('--add-redirect-uri <uri>', 'where codes may go, too'))
    .addOption(several('--remove-redirect-uri <uri>', 'where codes may not go any longer'))
    .addOption(several('--add-post-logout-uri <uri>', 'where a sign-out may lead, too'))
    .addOption(several('--remove-post-logout-uri <uri>', 'where a sign-out may not lead any longer'))
    .addOption(several('--add-scope <name>', 'what it may ask for, too'))
    .addOption(several('--remove-scope <name>', 'what it may not ask for any longer'))
    .option('--first-party', 'of type web, users are asked for offline_access only')
    .option('--no-first-party', 'users are asked for consent')
    .option('--silent', 'of type browser: users who gave consent see no screen, but at loopback addresses')
    .option('--no-silent', 'users always see a screen')
    .option('--dev', 'loopback addresses may be redirect URIs')
    .option('--no-dev', 'only native clients may have loopback addresses')
  withLifetimes(changed).action(async (id: string, options: SetOptions) => {
    if (!isChange(options)) throw new Refusal('usage', 'Nothing to change. Use an option of set --help.')
    print(await set(await operator('set'), id, options))
  })

  ofClient('new-secret', 'gives a client another secret; the one before is valid for 24 hours')
    .option('--end-earlier', 'end all earlier secrets at once')
    .addOption(json())
    .action(async (id: string, options: changes.NewSecretOptions) =>
      changes.newSecret(await operator('new-secret'), id, options, io),
    )

  const switches = {
    disable: ['disables a client, and ends its codes and grants', changes.disable, urls.disable],
    enable: ['enables a disabled client', changes.enable, urls.enable],
    'end-grants': ['ends all codes and grants of a client', changes.endAllGrants, urls.endAllGrants],
  } as const
  for (const [name, [description, ofRegistered, ofUrl]] of Object.entries(switches)) {
    ofAnyClient(name, description).action(async (which: AnyClientId) => {
      const found = await operator(name)
      print(await ('id' in which ? ofRegistered(found, which.id) : ofUrl(found, which.target)))
    })
  }
  ofClient('remove', 'removes a client, and ends its codes and grants')
    .option('--yes', 'do not ask for confirmation')
    .action(async (id: string, { yes = false }: { yes?: boolean }) =>
      print(await changes.remove(await operator('remove'), id, yes, io)),
    )

  addApiCommands(program, io)

  const listed = clients
    .command('events')
    .description('lists what happened to clients and APIs, the newest first')
    .argument('[which]', 'client_id, or identifier of an API; without it, all')
  addEventsOptions(listed, io).action(async (which: string | undefined, options: EventsOptions) =>
    events(await table(), which, options, io),
  )

  return clients
}

const withLifetimes = (command: Command): Command =>
  command
    .option(
      '--token-ttl <seconds>',
      'how long its access tokens are valid; default is that of the application',
      secondsReader('--token-ttl', MAX_TOKEN_SECONDS),
    )
    .option(
      '--grant-ttl <seconds>',
      'when a grant with offline_access ends; default is 365 days',
      secondsReader('--grant-ttl', GRANT_TTL_SECONDS),
    )
    .option(
      '--grant-idle-ttl <seconds>',
      'the same, without use; default is 30 days',
      secondsReader('--grant-idle-ttl', GRANT_TTL_SECONDS),
    )

const isChange = (options: SetOptions): boolean =>
  Object.values(options).some((value) => (Array.isArray(value) ? value.length > 0 : value !== undefined))
