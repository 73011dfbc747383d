import { cpSync } from 'node:fs'
import { root } from './service-description.ts'

/** The files that running, packaging and operating the service takes. */
export const SOURCES = [
  'serverless.yml',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'functions',
  'lib',
  'local',
  'plugins',
  'resources',
  'scripts',
]

/** Copies {@link SOURCES} to a folder. */
export function copySources(folder: string): void {
  for (const name of SOURCES) cpSync(`${root}/${name}`, `${folder}/${name}`, { recursive: true })
}
