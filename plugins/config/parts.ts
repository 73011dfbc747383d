import { basename } from 'node:path'
import type { Application } from '../../project/define-auth.ts'
import { wordsOfFunction } from './sentences/functions.ts'

/**
 * The parts of what an application says, each with the members that one kind of function reads. Own words and the logo may have
 * 40 KB and 8 KB, which a function without sentences or pages does not need.
 */
const PARTS = {
  users: ['roles', 'administrators', 'can', 'formerRoles', 'attributes'],
  theme: ['theme'],
  languages: ['languages'],
  texts: ['words'],
} as const satisfies Record<string, readonly (keyof Application)[]>

export type PartName = keyof typeof PARTS

export const PART_NAMES = Object.keys(PARTS) as PartName[]

/** The part that each file of `lib/application/` reads. */
const PART_OF_FILE: Readonly<Record<string, PartName>> = {
  'roles.ts': 'users',
  'permissions.ts': 'users',
  'attributes.ts': 'users',
  'theme.ts': 'theme',
  'languages.ts': 'languages',
  'texts.ts': 'texts',
}

/** Returns the part that a module reads, by its path, or `undefined` if it may read all of them. */
export const partReadBy = (importer: string): PartName | undefined =>
  /[\\/]lib[\\/]application[\\/][^\\/]+$/.test(importer) ? PART_OF_FILE[basename(importer)] : undefined

/**
 * Returns a part of an application, or all of it without a name.
 *
 * @param key - Key of the function that reads it, which gets only the words of its sentences. Without a key: all words.
 */
export function partOf(application: Application, name?: PartName, key?: string): Partial<Application> {
  if (name === undefined) return application
  if (name === 'texts' && application.words) {
    return { words: wordsOfFunction(application.words, key) }
  }
  const members: readonly string[] = PARTS[name]
  return Object.fromEntries(Object.entries(application).filter(([member]) => members.includes(member)))
}
