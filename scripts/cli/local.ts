import { realpathSync } from 'node:fs'
import { type RunningService, runningServices } from '../../local/running/services.ts'
import { START } from '../../project/commands.ts'
import { expectDynamoDb } from './probe.ts'
import { findProject, serviceOf } from './project.ts'
import { Refusal } from './refusal.ts'

/** Options that select a local service. */
export interface LocalOptions {
  /** Address of its DynamoDB. */
  endpoint?: string
  /** Address of its gateway. */
  url?: string | undefined
  /** Name of the service, if not that of the project. */
  service?: string
}

/** A local service that runs. */
export interface LocalService {
  /** Address of its DynamoDB. */
  dynamoDb: URL
  /** Address of its gateway, unless only `--endpoint` names the service. */
  url?: string
  /** Audience of its tokens, unless only `--endpoint` names the service. */
  audience?: string
}

/**
 * Finds the local service that a command is for: the one that runs for this project. With `--service` it is the one of that name, in
 * any folder.
 *
 * @throws {@link Refusal} `usage`, for an invalid `--endpoint`. `failed`, if not exactly one service is meant.
 */
export async function findLocal(options: LocalOptions): Promise<LocalService> {
  const running = await runningServices()
  if (options.endpoint !== undefined) {
    const dynamoDb = readEndpoint(options.endpoint)
    await expectDynamoDb(dynamoDb)
    return { ...running.find((one) => one.dynamoDb === dynamoDb.origin), dynamoDb }
  }
  const service = serviceOf(options.service)
  const project = options.service === undefined ? realpathSync(findProject().folder) : undefined
  const named = running.filter((one) => one.service === service)
  const ofProject = named.filter((one) => project === undefined || one.project === project)
  const [only, ...others] =
    ofProject.length > 1 && options.url !== undefined
      ? ofProject.filter(({ url }) => url === options.url)
      : ofProject
  if (only !== undefined && others.length === 0) return { ...only, dynamoDb: new URL(only.dynamoDb) }
  throw new Refusal(
    'failed',
    only === undefined
      ? `The local service ${service} does not run${elsewhere(named)}. Start it with ${START}.`
      : `Several local services are ${service}. Choose one: ${[only, ...others].map(choice).join(', or ')}.`,
  )
}

const choice = ({ dynamoDb, url }: RunningService) => `--endpoint ${dynamoDb} for ${url}`

/** Two clones of a project have the same name, and are not confused. */
const elsewhere = (named: readonly RunningService[]) =>
  named.length === 0
    ? ''
    : ` in this folder, but in ${named.map((one) => `${one.project} (${choice(one)})`).join(', ')}`

function readEndpoint(text: string): URL {
  if (/^https?:/.test(text) && URL.canParse(text)) return new URL(text)
  throw new Refusal('usage', 'Invalid --endpoint. Use a URL such as http://127.0.0.1:49152.')
}
