import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Application, AuthConfig } from '../../project/define-auth.ts'
import { CONFIGURATION, PROJECT } from '../../project/project.ts'
import { faultsOfConfig } from './faults.ts'
import { faultOfSvg } from './svg.ts'
import { readWords } from './words.ts'

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
  const { roles, administrators, can, formerRoles, attributes, theme, languages } = config
  const logo = theme?.logo === undefined ? undefined : readLogo(project, theme.logo)
  const { words, faults: faultsOfWords } = readWords(config, project)
  const faultsOfFiles = [...(logo?.faults ?? []), ...faultsOfWords]
  if (faultsOfFiles.length > 0) return { faults: faultsOfFiles }
  const application = {
    roles,
    administrators,
    ...(can && { can }),
    ...(formerRoles && { formerRoles }),
    ...(attributes && { attributes }),
    ...(theme && { theme: { ...theme, ...(logo && { logo: logo.svg }) } }),
    ...(languages && { languages }),
    ...(Object.keys(words).length > 0 && { words }),
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
    languages,
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
