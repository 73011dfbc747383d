import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Application, AuthConfig } from '../../project/define-auth.ts'
import { CONFIGURATION, PROJECT } from '../../project/project.ts'
import { faultsOfConfig } from './faults.ts'
import { faultOfSvg } from './svg.ts'
import { faultsOfTexts } from './texts.ts'

/** What an application says, or what is wrong with it: one line for each fault. */
export type ReadApplication =
  | { application: Application; faults: readonly [] }
  | { application?: never; faults: readonly string[] }

/**
 * Reads what functions need of an application.
 *
 * @param config - What its `auth.config.ts` exports.
 * @param project - Its folder, with the logo and the own words.
 */
export function readApplication(config: AuthConfig, project = PROJECT): ReadApplication {
  const faults = faultsOfConfig(config).map((fault) => `${CONFIGURATION}: ${fault}`)
  if (faults.length > 0) return { faults }
  const { roles, administrators, can, formerRoles, attributes, theme } = config
  const logo = theme?.logo === undefined ? undefined : readLogo(project, theme.logo)
  const texts = config.texts === undefined ? undefined : readTexts(project, config.texts)
  const faultsOfFiles = [...(logo?.faults ?? []), ...(texts?.faults ?? [])]
  if (faultsOfFiles.length > 0) return { faults: faultsOfFiles }
  const application = {
    roles,
    administrators,
    ...(can && { can }),
    ...(formerRoles && { formerRoles }),
    ...(attributes && { attributes }),
    ...(theme && { theme: { ...theme, ...(logo && { logo: logo.svg }) } }),
    ...(texts && { texts: texts.words }),
  }
  return { application, faults: [] }
}

/** Returns the text of the logo, on one line: URLs lose line breaks. */
function readLogo(project: string, path: string) {
  const file = join(project, path)
  const wrong = (fault: string) => ({ svg: '', faults: [`${CONFIGURATION}: theme.logo ${path} ${fault}.`] })
  if (!existsSync(file)) return wrong('does not exist')
  const svg = readFileSync(file, 'utf8')
  const fault = faultOfSvg(svg)
  return fault === undefined ? { svg: svg.replaceAll(/\s+/g, ' ').trim(), faults: [] } : wrong(fault)
}

function readTexts(
  project: string,
  path: string,
): { words: NonNullable<Application['texts']>; faults: string[] } {
  const file = join(project, path)
  const wrong = (...faults: string[]) => ({ words: {}, faults })
  if (!existsSync(file)) return wrong(`${CONFIGURATION}: texts ${path} does not exist.`)
  try {
    // An editor may write a byte order mark before the text, which readers of JSON may ignore (RFC 8259 section 8.1).
    const words = JSON.parse(readFileSync(file, 'utf8').replace(/^\uFEFF/, ''))
    return { words, faults: faultsOfTexts(words).map((fault) => `${path}: ${fault}`) }
  } catch (error) {
    return wrong(`${path}: It must be JSON: ${(error as Error).message}.`)
  }
}

/** Returns the values of parameters that a configuration without faults has, by stage; `default` are those for all. */
export function parametersIn(config: AuthConfig): Readonly<Record<string, object>> {
  const {
    roles,
    administrators,
    can,
    formerRoles,
    attributes,
    theme,
    texts,
    stages = {},
    ...forAllStages
  } = config
  // A value such as `process.env.MAIL_FROM` may be undefined. The framework would take it for a parameter without a value.
  const given = (values: object) => Object.entries(values).filter(([, value]) => value !== undefined)
  return Object.fromEntries(
    Object.entries({ ...stages, default: forAllStages }).map(([stage, values]) => [
      stage,
      Object.fromEntries(given(values)),
    ]),
  )
}
