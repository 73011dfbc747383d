import { type Command, Option } from 'commander'
import type { StageOptions } from '../cli/account.ts'
import type { Io } from '../cli/io.ts'
import { Refusal } from '../cli/refusal.ts'
import { program } from '../cli/run.ts'
import { checkDeployOptions, checkLifetime, runDeployment } from './deploy.ts'
import { readStage } from './stack.ts'
import { status } from './status.ts'
import { turnOver, type World } from './turn-over.ts'
import { waitUntil } from './wait.ts'

/** Creates the command `npm run keys`. */
export function keysCommand(io: Io): Command {
  const keys = program('keys', 'Manages the keys that sign the access tokens of a stage on AWS.', io)
    .requiredOption('--stage <name>', 'keys of this stage')
    .option('--region <region>', 'the AWS region')
    .option('--aws-profile, --profile <name>', 'the AWS profile')
    .option('--service <name>', 'name of the service, if not that of serverless.yml')
    .option('--name-prefix <name>', 'beginning of its names on AWS, if not SERVICE-STAGE-auth')
    .option('--stack <name>', 'name of its stack, if not SERVICE-STAGE')

  keys
    .command('turn-over')
    .description('makes the other key sign and replaces the previous one; run again, it continues')
    .argument('[options...]', 'after --: options for the deployments, such as --param allowedOrigins=…')
    .option('--at-once', 'do not wait; this revokes the access tokens of the previous key')
    .action(async (deployOptions: string[], { atOnce = false }: { atOnce?: boolean }) => {
      checkDeployOptions(deployOptions)
      io.stdout.write(await turnOver(worldOf(keys.opts<StageOptions>(), deployOptions, io), atOnce))
    })

  keys
    .command('status')
    .description('shows which key signs, the state of the other key, and the next step of turn-over')
    .addOption(new Option('--json', 'print JSON'))
    .action(async ({ json = false }: { json?: boolean }) => {
      const options = keys.opts<StageOptions>()
      const { region, state } = await readStage(options, io.env)
      io.stdout.write(status(options.stage, region, state, io.now(), json))
    })

  return keys
}

/** Connects a turnover to AWS, to this terminal and to the clock. */
function worldOf(options: StageOptions, deployOptions: string[], io: Io): World {
  const interruption = io.interruption()
  const unlessInterrupted = (consequence: string) => {
    if (interruption.aborted) throw new Refusal('interrupted', `Interrupted. ${consequence}`)
  }
  let region = ''
  return {
    async read() {
      const stage = await readStage(options, io.env)
      unlessInterrupted('Run the same command again to continue.')
      checkLifetime(deployOptions, stage.state.tokenTtlSeconds)
      region = stage.region
      return stage.state
    },
    async deploy({ signingKey, publishedKeys }, tokenTtlSeconds) {
      const parameters = { signingKey, publishedKeys, tokenTtlSeconds: String(tokenTtlSeconds) }
      const stage = { ...options, region }
      const succeeded = await runDeployment(stage, parameters, deployOptions, io.env, interruption)
      unlessInterrupted('AWS may still finish the deployment. Run the same command again afterwards.')
      return succeeded
    },
    async wait({ until, why }) {
      await waitUntil(until, why, io, interruption)
      unlessInterrupted('Nothing was changed. Run the same command again to continue.')
    },
    now: io.now,
    print: (line) => void io.stderr.write(`${line}\n`),
  }
}
