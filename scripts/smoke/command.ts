import type { Command } from 'commander'
import type { Io } from '../cli/io.ts'
import { program } from '../cli/run.ts'
import { smoke } from './smoke.ts'
import { findTarget, type SmokeOptions } from './target.ts'

/** Creates the command `npm run smoke`. */
export function smokeCommand(io: Io): Command {
  const command = program('smoke', 'Tests a deployed stage, or the local service, as a client of it.', io)
  return command
    .option('--stage <name>', 'test this stage on AWS')
    .option('--local', 'test the local service')
    .option('--url <url>', 'address of the service, if not that of the stack or of the running local service')
    .option('--endpoint <url>', 'with --local: address of its DynamoDB, if several services run')
    .option('--region <region>', 'with --stage: the AWS region')
    .option('--aws-profile, --profile <name>', 'with --stage: the AWS profile')
    .option('--service <name>', 'name of the service, if not that of serverless.yml')
    .option('--name-prefix <name>', 'beginning of its names on AWS, if not SERVICE-STAGE-auth')
    .allowExcessArguments()
    .action(async () => smoke(await findTarget(command.opts<SmokeOptions>(), io, command.args), io))
}
