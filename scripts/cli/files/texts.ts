import { open, readFile } from 'node:fs/promises'
import { Refusal } from '../refusal.ts'

/** Creates the error for a file that cannot be read. */
export const cannotRead = (file: string, error: unknown) =>
  new Refusal('usage', `Cannot read ${file}: ${(error as NodeJS.ErrnoException).code}.`)

/**
 * Reads the text of a file.
 *
 * @throws {@link Refusal} `usage`.
 */
export const readText = (file: string): Promise<string> =>
  readFile(file, 'utf8').catch((error: unknown) => {
    throw cannotRead(file, error)
  })

/** Creates the error for a file that exists. */
export const exists = (path: string) => new Refusal('refused', `${path} exists. Use --force to replace it.`)

/** Writes a file that only its owner can read. */
export async function writePrivate(path: string, text: string, replace: boolean): Promise<void> {
  const file = await open(path, replace ? 'w' : 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') throw exists(path)
    throw new Refusal('refused', `Cannot write ${path}: ${error.code}.`)
  })
  try {
    // An existing file may have been readable by all users of the machine. A device keeps its mode.
    if ((await file.stat()).isFile()) await file.chmod(0o600)
    await file.writeFile(text)
  } finally {
    await file.close()
  }
}
