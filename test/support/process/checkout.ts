import { cpSync, symlinkSync } from 'node:fs'
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
