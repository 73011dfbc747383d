import { existsSync, realpathSync } from 'node:fs'
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { parseTexts } from '../../plugins/config/texts.ts'
import { cannotRead } from '../cli/files/texts.ts'
import { Refusal } from '../cli/refusal.ts'

/**
 * Reads a file of words.
 *
 * @param path - In its folder, for messages.
 * @returns Nothing, if the file does not exist.
 * @throws {@link Refusal} `refused`, if it is no JSON object, or would lose the words that it has twice.
 */
export async function readTextsFile(
  folder: string,
  path: string,
): Promise<Record<string, unknown> | undefined> {
  const file = join(folder, path)
  if (!existsSync(file)) return undefined
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw cannotRead(path, error)
  })
  try {
    return parseTexts(text)
  } catch (error) {
    throw new Refusal('refused', `${path}: ${(error as Error).message} Nothing was changed.`)
  }
}

/** Writes a file of words under another name, which it loses when it is complete. So an interruption leaves the file as it was. */
export async function writeTextsFile(folder: string, path: string, texts: object): Promise<void> {
  const given = join(folder, path)
  // A link stays one.
  const file = existsSync(given) ? realpathSync(given) : given
  const partial = `${file}.partial`
  try {
    await mkdir(dirname(file), { recursive: true })
    const mode = existsSync(file) ? (await stat(file)).mode : 0o644
    await writeFile(partial, textOf(texts), { mode })
    await rename(partial, file)
  } catch (error) {
    await rm(partial, { force: true }).catch(() => {})
    throw new Refusal('failed', `Cannot write ${path}: ${(error as NodeJS.ErrnoException).code}.`)
  }
}

/** Returns the text of a file of words. */
export const textOf = (texts: object): string => `${JSON.stringify(texts, null, 2)}\n`
