import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PROJECT } from '../project/project.ts'
import type { Application, AuthConfig } from './define-auth.ts'
import { faultsOfConfig } from './faults.ts'
import { faultOfSvg } from './svg.ts'

/** What an application says, or what is wrong with it: one line for each fault. */
export type ReadApplication =
  | { application: Application; faults: readonly [] }
  | { application?: never; faults: readonly string[] }

/**
 * Reads what functions need of an application.
 *
 * @param config - What its `auth.config.ts` exports.
 * @param project - Its folder, with the logo.
 */
export function readApplication(config: AuthConfig, project = PROJECT): ReadApplication {
  const faults = faultsOfConfig(config).map((fault) => `auth.config.ts: ${fault}`)
  if (faults.length > 0) return { faults }
  const { roles, administrators, formerRoles, attributes, theme } = config
  const logo = theme?.logo === undefined ? undefined : readLogo(project, theme.logo)
  if (logo !== undefined && logo.faults.length > 0) return { faults: logo.faults }
  const application = {
    roles,
    administrators,
    ...(formerRoles && { formerRoles }),
    ...(attributes && { attributes }),
    ...(theme && { theme: { ...theme, ...(logo && { logo: logo.svg }) } }),
  }
  return { application, faults: [] }
}

/** Returns the text of the logo, on one line: URLs lose line breaks. */
function readLogo(project: string, path: string) {
  const file = join(project, path)
  const wrong = (fault: string) => ({ svg: '', faults: [`auth.config.ts: theme.logo ${path} ${fault}.`] })
  if (!existsSync(file)) return wrong('does not exist')
  const svg = readFileSync(file, 'utf8')
  const fault = faultOfSvg(svg)
  return fault === undefined ? { svg: svg.replaceAll(/\s+/g, ' ').trim(), faults: [] } : wrong(fault)
}
