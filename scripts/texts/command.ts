import type { Command } from 'commander'
import { isLanguage } from '../../plugins/config/language.ts'
import { isEnglish, keysOf, readKey, type Words } from '../../plugins/config/sentences/list.ts'
import { WELL_FORMED } from '../../plugins/config/well-formed.ts'
import { pathsOfTexts, shippedPathOf, shippedWords } from '../../plugins/config/words.ts'
import type { AuthConfig } from '../../project/define-auth.ts'
import { readTag } from '../../project/language-tag.ts'
import { IS_PACKAGE, ROOT } from '../../project/origin.ts'
import { PROJECT } from '../../project/project.ts'
import type { Io } from '../cli/io.ts'
import { Refusal } from '../cli/refusal.ts'
import { program } from '../cli/run.ts'
import { readTextsFile, textOf, writeTextsFile } from './file.ts'
import { mergeTexts } from './merge.ts'
import { reportOf } from './report.ts'

/** Where the command finds and writes files. */
export interface Place {
  config: Pick<AuthConfig, 'languages' | 'texts'>
  /** Folder of the application. */
  project: string
  /** Folder of the service, for words that come with it. */
  service: string
}

const HERE: Place = { config: WELL_FORMED, project: PROJECT, service: ROOT }

interface Options {
  all?: boolean
  shipped?: boolean
}

/** Creates the command `npm run texts`. */
export function textsCommand(io: Io, place: Place = HERE): Command {
  const command = program('texts', 'Updates the file with the words of a language, for its translator.', io)
    .argument('<language>', 'its tag, such as it or pt-PT')
    .option('--all', 'add also the sentences that the service has words for, to change them')
    .addHelpText(
      'after',
      `
Adds the sentences that have no words yet, with "" for the translator. Words
stay as they are. Words of sentences that no longer exist go to the member "//".
Of a language that comes with the service, a file needs only what it changes, so
nothing is added without --all.`,
    )
  // The files that come with the package are replaced by its update.
  if (!IS_PACKAGE) command.option('--shipped', 'update the file that comes with the service')
  return command.action(async (language: string) => {
    refuseInvalid(language)
    io.stdout.write(await update(language, command.opts<Options>(), place))
  })
}

function refuseInvalid(tag: string): void {
  if (isLanguage(tag)) return
  const meant = readTag(tag)
  const suggestion = meant !== undefined && isLanguage(meant) ? ` Did you mean ${meant}?` : ''
  throw new Refusal('usage', `Invalid language. Use a tag such as de, pt-BR or zh-Hans.${suggestion}`)
}

/** Updates the file of a language. @returns What to print. */
async function update(
  language: string,
  options: Options,
  { config, project, service }: Place,
): Promise<string> {
  const { all = false, shipped = false } = options
  if (shipped && isEnglish(language)) throw new Refusal('usage', 'English has no file: it is the sentences.')
  const [folder, path] = shipped
    ? [service, shippedPathOf(language)]
    : [project, pathsOfTexts(config)[language] ?? `texts/${language}.json`]
  const file = await readTextsFile(folder, path)
  const added = wordsToAdd(language, file ?? {}, shipped ? {} : wordsOf(language, service), all)
  const merged = mergeTexts(file ?? {}, keysOf(language), added)
  const hasFile = file !== undefined || Object.keys(merged.texts).length > 0
  if (hasFile && (file === undefined || textOf(file) !== textOf(merged.texts))) {
    await writeTextsFile(folder, path, merged.texts)
  }
  return reportOf(merged, { language, path, hasFile, config: shipped ? undefined : config })
}

/** Returns the words that come with the service. English is the sentences, but for plural forms, which the code has. */
const wordsOf = (language: string, service: string): Words =>
  isEnglish(language)
    ? Object.fromEntries(keysOf(language).map((key) => [key, readKey(key).category === undefined ? key : '']))
    : shippedWords(language, service)

/** Returns what a file gets: sentences that have no words, and other forms of a plural in it. */
function wordsToAdd(language: string, file: object, words: Words, all: boolean): Words {
  const begun = Object.keys(file)
    .map(readKey)
    .filter(({ category }) => category !== undefined)
  const isBegun = (key: string) =>
    begun.some(({ sentence }) => `${sentence}#${readKey(key).category}` === key)
  const isAsked = (key: string) => all && words[key] !== ''
  const added = keysOf(language).filter((key) => words[key] === undefined || isAsked(key) || isBegun(key))
  return Object.fromEntries(added.map((key) => [key, words[key] ?? '']))
}
