import { Option } from 'commander'
import { Refusal } from './cli/refusal.ts'
import { program, run, say } from './cli/run.ts'
import { checkDeployOptions, checkLifetime, runDeployment } from './keys/deploy.ts'
import { readStage, type StageOptions } from './keys/stack.ts'
import { status } from './keys/status.ts'
import { turnOver, type World } from './keys/turn-over.ts'
import { waitUntil } from './keys/wait.ts'

const keys = program('keys', 'Looks after the keys that sign the access tokens of a stage on AWS.')
  .requiredOption('--stage <name>', 'keys of this stage')
  .option('--region <region>', 'the AWS region')
  .option('--profile <name>', 'the AWS profile')

keys
  .command('turn-over')
  .description('makes the other key sign, and replaces the one that signed before; run again, it goes on')
  .argument('[options...]', 'after --: more options for the deployments, such as --param allowedOrigins=…')
  .option('--at-once', 'do not wait: access tokens that are out stop being good')
  .action(async (deployOptions: string[], { atOnce = false }: { atOnce?: boolean }) =>
    say(await turnOverStage(keys.opts<StageOptions>(), deployOptions, atOnce)),
  )

keys
  .command('status')
  .description('tells which key signs, what the other one is, and what turn-over would do next')
  .addOption(new Option('--json', 'print JSON'))
  .action(async ({ json = false }: { json?: boolean }) => {
    const options = keys.opts<StageOptions>()
    const { region, state } = await readStage(options, process.env)
    say(status(options.stage, region, state, new Date(), json))
  })

async function turnOverStage(
  options: StageOptions,
  deployOptions: string[],
  atOnce: boolean,
): Promise<string> {
  checkDeployOptions(deployOptions)
  const interruption = new AbortController()
  // For good, as one Ctrl-C may arrive twice: from the terminal, and passed on by npm.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interruption.abort())
  const unlessInterrupted = (consequence: string) => {
    if (interruption.signal.aborted) throw new Refusal('interrupted', `Interrupted: ${consequence}`)
  }
  let region = ''
  const world: World = {
    async read() {
      const stage = await readStage(options, process.env)
      unlessInterrupted('nothing was lost. Run the same command again to go on.')
      checkLifetime(deployOptions, stage.state.tokenTtlSeconds)
      region = stage.region
      return stage.state
    },
    async deploy({ signingKey, publishedKeys }, tokenTtlSeconds) {
      const parameters = { signingKey, publishedKeys, tokenTtlSeconds: String(tokenTtlSeconds) }
      const well = await runDeployment({ ...options, region }, parameters, deployOptions, interruption.signal)
      unlessInterrupted('AWS may be carrying on with the deployment. Run the same command again after it.')
      return well
    },
    async wait({ until, why }) {
      await waitUntil(until, why, process.stderr, interruption.signal)
      unlessInterrupted('everything stays as it is. Run the same command again to go on.')
    },
    now: () => new Date(),
    tell: (line) => process.stderr.write(`${line}\n`),
  }
  return await turnOver(world, atOnce)
}

run(keys)
