import { CONFIGURATION } from '../../project/project.ts'
import type { Parameters, Serverless } from '../framework.d.ts'
import { parametersOf } from '../parameters/parameters.ts'
import { APPLICATION, CONFIGURED } from './checked.ts'

/** What members of a configuration need: one of these parameters. Without it they do nothing at a stage. */
const NEEDS: readonly { members: readonly string[]; oneOf: readonly string[] }[] = [
  { members: ['theme', 'languages', 'texts', 'serviceName'], oneOf: ['pages', 'mailFrom'] },
  { members: ['demo'], oneOf: ['pages'] },
  { members: ['registration', 'allowedEmailDomains', 'notifyNewSource'], oneOf: ['mailFrom'] },
]

const isOff = (value: unknown) => value === undefined || value === null || value === '' || value === 'off'

/**
 * Returns a line for the members of a configuration that do nothing at a stage.
 *
 * @param configured - What `auth.config.ts` says of the stage.
 * @param parameters - Of the stage on AWS, with their defaults.
 */
export function noticesOfEffects(configured: object, stage: string, parameters: Parameters): string[] {
  return NEEDS.flatMap(({ members, oneOf }) => {
    const idle = members.filter((member) => !isOff(Object(configured)[member]))
    if (idle.length === 0 || oneOf.some((name) => !isOff(parameters[name]))) return []
    const [verb, missing] = [idle.length === 1 ? 'has' : 'have', oneOf.join(' and no ')]
    return [
      `${idle.join(', ')} of ${CONFIGURATION} ${verb} no effect at stage ${stage}, which has no ${missing}.`,
    ]
  })
}

/** Prints what the application says without effect at the stage. A developer's machine has pages and mails. */
export function noticeEffects({ configurationInput, processedInput }: Serverless): void {
  const { stage } = configurationInput.provider
  const parameters = parametersOf(configurationInput.params, stage, processedInput.options.param ?? [])
  const { theme, languages, words } = APPLICATION
  // Without languages, words are own words.
  const configured = {
    theme,
    languages,
    texts: languages ? undefined : words,
    ...CONFIGURED.default,
    ...CONFIGURED[stage],
  }
  for (const line of noticesOfEffects(configured, stage, parameters)) console.error(line)
}
