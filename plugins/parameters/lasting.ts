import type { ParameterName } from '../../project/parameter-names.ts'
import { CONFIGURATION, DESCRIPTION, HAS_CONFIGURATION } from '../../project/project.ts'
import type { Parameters } from '../framework.d.ts'

/** The value by which the command line takes a parameter away whose default is nothing. */
const NONE = 'none'

/**
 * Parameters that users and operators of a running stage rely on, and whether their default is nothing. A deployment that forgets one
 * would close routes, reject tokens, send no mails, or open what was closed.
 */
const LASTING = {
  issuer: null,
  publicUrl: null,
  mailFrom: null,
  allowedOrigins: '',
  allowedEmailDomains: '',
  clientMetadataHosts: '',
  alarmTopicArn: '',
  operators: '',
  audience: undefined,
  registration: undefined,
  mailSignIn: undefined,
  requireSecondFactor: undefined,
  cookieSessions: undefined,
  deviceBoundSessions: undefined,
  pages: undefined,
  oauth: undefined,
  federation: undefined,
  console: undefined,
  actAs: undefined,
  actAsOrigins: '',
  eventBus: undefined,
  oldPool: null,
  passwordsUrl: null,
  accessLogs: undefined,
} satisfies Partial<Record<ParameterName, null | '' | undefined>>

type LastingName = keyof typeof LASTING

const NAMES = Object.keys(LASTING) as LastingName[]

/** Returns the name of the output that holds what a stage was given for a parameter. */
const outputOf = (name: string) => `Given${name.replace(/^./, (letter) => letter.toUpperCase())}`

/**
 * Takes `name=none` out of the parameters of a command line: the framework accepts no empty value there.
 *
 * @returns The other parameters, and the value that each one taken away has then.
 */
export function separateCleared(given: readonly string[]): { others: string[]; cleared: Parameters } {
  // The last value of a name is used.
  const names = NAMES.filter((name) => {
    const last = given.findLast((one) => one.startsWith(`${name}=`))
    return LASTING[name] !== undefined && last === `${name}=${NONE}`
  })
  return {
    others: given.filter((one) => !names.some((name) => one.startsWith(`${name}=`))),
    cleared: Object.fromEntries(names.map((name) => [name, LASTING[name] ?? null])),
  }
}

/** Returns the outputs of a stack that say what it was given. Values that CloudFormation has to resolve are left out. */
export function outputsOfLasting(
  given: ReadonlySet<string>,
  values: Parameters,
): Record<string, { Value: string }> {
  const named = NAMES.filter((name) => given.has(name) && values[name] && typeof values[name] !== 'object')
  return Object.fromEntries(named.map((name) => [outputOf(name), { Value: String(values[name]) }]))
}

/**
 * Reports a deployment that would set a parameter of the running stage back to its default because it is not given.
 *
 * @param outputs - Of the deployed stack, by name.
 * @param given - Names of the parameters that this deployment gives, on the command line or in a file.
 * @param values - What this deployment would set.
 */
export function faultsOfForgotten(
  outputs: Readonly<Record<string, string>>,
  given: ReadonlySet<string>,
  values: Parameters,
  stage: string,
): string[] {
  const forgotten = NAMES.flatMap((name) => {
    const { [outputOf(name)]: deployed } = outputs
    if (deployed === undefined || given.has(name) || deployed === String(values[name] ?? '')) return []
    return [{ name, deployed, value: values[name] || NONE }]
  })
  if (forgotten.length === 0) return []
  const object = forgotten.length === 1 ? 'it' : 'them'
  const list = forgotten.map(({ name, deployed }) => `${name}=${deployed}`).join(', ')
  const members = forgotten.map(({ name, deployed }) => `${name}: '${deployed}'`).join(', ')
  const options = forgotten.map(({ name, value }) => `--param ${name}=${value}`).join(' ')
  return [
    `The stage ${stage} runs with ${list}. This deployment does not give ${object}, and would take ${object} away.`,
    `To keep: write into ${placeOf(`{ ${stageName(stage)}: { ${members} } }`)}, or repeat the --param of the last deployment.`,
    `To take away: add ${options}`,
  ]
}

/** Returns where parameters of stages stand. A project may have no configuration. */
const placeOf = (stages: string) =>
  HAS_CONFIGURATION ? `${CONFIGURATION} stages: ${stages}` : `${DESCRIPTION} params: ${stages}`

/** Returns the name of a stage as TypeScript writes the name of a member. */
export const stageName = (stage: string) => (/^[a-z][a-z0-9]*$/.test(stage) ? stage : `'${stage}'`)
