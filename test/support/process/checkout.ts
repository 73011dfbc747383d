import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { vi } from 'vitest'
import { PARAMETER_NAMES } from '../../../project/parameter-names.ts'
import { root } from './service-description.ts'

/** The files that running, packaging and operating the service takes. */
export const SOURCES = [
  'serverless.yml',
  'auth.config.ts',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'client',
  'functions',
  'lib',
  'local',
  'plugins',
  'project',
  'scripts',
]

/** Copies {@link SOURCES} to a folder, with a link to the installed packages. */
export function copySources(folder: string): void {
  for (const name of SOURCES) cpSync(`${root}/${name}`, `${folder}/${name}`, { recursive: true })
  symlinkSync(`${root}/node_modules`, `${folder}/node_modules`, 'junction')
}

/**
 * Copies the sources without values of parameters: a copy has the defaults, also if the project sets others. Scopes of functions need a
 * parameter, so they go too.
 */
export async function copyDefaults(folder: string): Promise<void> {
  copySources(folder)
  const { default: config } =
    await vi.importActual<typeof import('../../../auth.config.ts')>('../../../auth.config.ts')
  const isParameter = (name: string) => name === 'stages' || PARAMETER_NAMES.some((one) => one === name)
  const own = Object.entries(config).filter(([name]) => !isParameter(name))
  if (own.length === Object.keys(config).length) return
  writeFileSync(`${folder}/auth.config.ts`, `export default ${JSON.stringify(Object.fromEntries(own))}\n`)
  const functions = readFileSync(`${folder}/serverless.yml`, 'utf8')
  writeFileSync(`${folder}/serverless.yml`, functions.replace(/^ +scopes: .*\n/gm, ''))
}
