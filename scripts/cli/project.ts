import { join } from 'node:path'
import { CONFIGURED } from '../../plugins/config/checked.ts'
import { dataOf } from '../../project/data.ts'
import { isObject } from '../../project/merge.ts'
import { usualPrefix } from '../../project/names.ts'
import { projectOf } from '../../project/project.ts'
import { Refusal } from './refusal.ts'

/** Of a service or a stack. */
const NAME = /^[A-Za-z][A-Za-z0-9-]{0,127}$/

const GIVE_NAME = 'Give --service NAME.'

/**
 * Finds the project that a command is for: the nearest one at or above a folder.
 *
 * @returns Its folder, and the name of the file in it that describes the service.
 * @throws {@link Refusal} `usage`, if no folder has such a file.
 */
export function findProject(from = process.cwd()): { folder: string; file: string } {
  const project = projectOf(from)
  if (project !== undefined) return project
  throw new Refusal('usage', `There is no serverless.yml in ${from} or above it. ${GIVE_NAME}`)
}

/** Returns the stage of a project's local service, unless its start names another one. */
export function localStageOf(from?: string): string {
  const { provider } = readDescription(from)
  return isObject(provider) && typeof provider.stage === 'string' ? provider.stage : 'dev'
}

/**
 * Returns the name of the service, which begins the usual names of its stacks, tables and keys.
 *
 * @param given - Value of `--service`.
 * @param from - Folder in which the command runs.
 * @throws {@link Refusal} `usage`, if the name is invalid, or the project does not say it as plain text.
 */
export function serviceOf(given?: string, from?: string): string {
  if (given !== undefined) {
    if (NAME.test(given)) return given
    throw new Refusal('usage', 'The name of a service has only letters, digits and hyphens.')
  }
  const { file } = findProject(from)
  const { service } = readDescription(from)
  if (typeof service === 'string' && NAME.test(service)) return service
  throw new Refusal('usage', `The name of the service cannot be read from ${file}. ${GIVE_NAME}`)
}

/**
 * Returns the name of a stage's stack: that of `provider.stackName`, or the framework's own.
 *
 * @param given - Values of `--stage`, `--service` and `--stack`. With `--service` the project is not read.
 * @param from - Folder in which the command runs.
 * @throws {@link Refusal} `usage`, if the name is invalid, has variables other than service and stage, or the provider is
 *   a variable itself.
 */
export function stackNameOf(
  given: { stage: string; service?: string; stack?: string },
  from?: string,
): string {
  const { stage, stack } = given
  if (stack !== undefined) {
    if (NAME.test(stack)) return stack
    throw new Refusal('usage', 'The name of a stack has only letters, digits and hyphens.')
  }
  const service = serviceOf(given.service, from)
  const usual = `${service}-${stage}`
  if (given.service !== undefined) return usual
  const { provider } = readDescription(from)
  // The framework takes `provider: aws`, and an empty `stackName`, which is null, as none. A program is not read.
  const ofAws = provider === 'aws' ? {} : (provider ?? {})
  const name = withVariables(isObject(ofAws) ? String(ofAws.stackName ?? usual) : '', service, stage)
  if (NAME.test(name)) return name
  const { file } = findProject(from)
  throw new Refusal('usage', `The name of the stack cannot be read from ${file}. Give --stack NAME.`)
}

/**
 * Returns what the names of a stage on AWS begin with: the parameter `namePrefix` of the project, or the usual prefix.
 *
 * @param given - Values of `--stage`, `--service` and `--name-prefix`. With `--service` the project is not read.
 * @param from - Folder in which the command runs.
 * @param configured - Parameters in `auth.config.ts`, by stage.
 * @throws {@link Refusal} `usage`, if the name is invalid, or has variables other than service and stage.
 */
export function prefixOf(
  given: { stage: string; service?: string; namePrefix?: string },
  from?: string,
  configured: Record<string, unknown> = CONFIGURED,
): string {
  const { stage, namePrefix } = given
  if (namePrefix !== undefined) {
    if (NAME.test(namePrefix)) return namePrefix
    throw new Refusal('usage', 'Invalid --name-prefix. Names have only letters, digits and hyphens.')
  }
  const service = serviceOf(given.service, from)
  if (given.service !== undefined) return usualPrefix(service, stage)
  const { params } = readDescription(from)
  // In the order of the plugin. Parameters that are a variable or a program are not read.
  const [written] = [stage, 'default'].flatMap((key) =>
    [params, configured].flatMap((one) => Object(Object(one)[key]).namePrefix ?? []),
  )
  const name = withVariables(String(written ?? usualPrefix(service, stage)), service, stage)
  if (NAME.test(name)) return name
  throw new Refusal('usage', 'The parameter namePrefix cannot be read. Give --name-prefix NAME.')
}

/** Replaces the variables of the framework that a command knows. */
const withVariables = (text: string, service: string, stage: string): string =>
  text
    .replaceAll(/\$\{self:service\}/g, service)
    .replaceAll(/\$\{(?:sls:stage|self:provider\.stage|opt:stage(?:,[^{}]*)?)\}/g, stage)

/** Reads what a project says as data: nothing, if it is a program. */
function readDescription(from?: string): Record<string, unknown> {
  const { folder, file } = findProject(from)
  try {
    return dataOf(join(folder, file)) ?? {}
  } catch (error) {
    throw new Refusal('usage', `${file} cannot be read: ${(error as Error).message}. ${GIVE_NAME}`)
  }
}
