import { pathsOfTexts } from '../../plugins/config/words.ts'
import { commandLine } from '../../project/commands.ts'
import type { AuthConfig } from '../../project/define-auth.ts'
import { CONFIGURATION } from '../../project/project.ts'
import type { Merged } from './merge.ts'

interface Updated {
  language: string
  path: string
  /** Whether there is a file: of a language that comes with the service, none is needed. */
  hasFile: boolean
  /** What the application says. Missing for a file of the service. */
  config?: Pick<AuthConfig, 'languages' | 'texts'> | undefined
}

/** Returns what the command prints: what has changed in a file, and what to do next. */
export function reportOf(merged: Merged, updated: Updated): string {
  const lines = updated.hasFile ? linesOfFile(merged, updated) : linesWithoutFile(updated)
  return [...lines, ...linesOfConfig(updated)].map((line) => `${line}\n`).join('')
}

const sentences = (count: number): string => (count === 1 ? '1 sentence' : `${count} sentences`)

function linesOfFile({ added, kept, former, empty }: Merged, { path, config }: Updated): string[] {
  const [verb, pronoun] = empty === 1 ? ['has', 'it'] : ['have', 'them']
  const draft = config ? ` With "draft": true, users see ${pronoun} in English.` : ''
  return [
    `${path}: ${sentences(added)} added, ${kept} kept, ${former} no longer ${former === 1 ? 'exists' : 'exist'}.`,
    ...(former > 0 ? ['Their words are in the member "//", with the nearest sentence without words.'] : []),
    ...(empty > 0 ? [`${sentences(empty)} ${verb} no words yet.${draft}`] : []),
  ]
}

const linesWithoutFile = ({ language, path }: Updated): string[] => [
  `The service has words for all sentences of ${language}, so nothing was written.`,
  `For words of your own, write ${path}, or run: ${commandLine('texts', `${language} --all`)}`,
]

/** Returns the members that the configuration still needs. */
function linesOfConfig({ language, path, hasFile, config }: Updated): string[] {
  if (config === undefined) return []
  const { languages = ['en'] } = config
  const paths = pathsOfTexts(config)
  const texts = Object.entries({ ...paths, [language]: path }).map(
    ([name, file]) => `${/^\w+$/.test(name) ? name : `'${name}'`}: '${file}'`,
  )
  const members = [
    ...(languages.includes(language)
      ? []
      : [`  languages: [${[...languages, language].map((one) => `'${one}'`).join(', ')}],`]),
    ...(hasFile && paths[language] === undefined ? [`  texts: { ${texts.join(', ')} },`] : []),
  ]
  return members.length > 0 ? [`Add to ${CONFIGURATION}:`, ...members] : []
}
