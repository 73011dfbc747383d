import { createWriteStream } from 'node:fs'
import { lstat, mkdir, rename, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Refusal } from '../refusal.ts'

/** A file of an export. */
export interface ExportFile {
  name: string
  /** Its text in parts: together they may be longer than a string can be. */
  parts: Iterable<string>
}

/** A folder that gets its name when it is complete. */
export interface NewDirectory {
  /** Writes files that only their owner can read, and gives the folder its name. */
  complete(files: readonly ExportFile[], ended: AbortSignal): Promise<void>
  /** Removes what was written. */
  discard(): Promise<void>
}

/**
 * Creates a folder under another name, `DIR.partial`. So no incomplete export has the name of a complete one, and a second export to
 * the same place is refused.
 *
 * @throws {@link Refusal} `refused`, if the folder or its incomplete form exists, or cannot be created.
 */
export async function createDirectory(path: string): Promise<NewDirectory> {
  // Without a slash at the end: `moved/` is `moved` too.
  const partial = `${resolve(path)}.partial`
  const refuseExisting = async () => {
    if (await exists(path)) throw new Refusal('refused', `${path} exists. Name a folder that does not.`)
  }
  await refuseExisting()
  await mkdir(partial, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') throw new Refusal('refused', `${partial} exists: ${INCOMPLETE}`)
    throw cannotWrite(path, error)
  })
  return {
    async complete(files, ended) {
      try {
        for (const { name, parts } of files) {
          // `wx`: no file or link is in its place.
          const file = createWriteStream(join(partial, name), { flags: 'wx', mode: 0o600, flush: true })
          await pipeline(Readable.from(parts), file, { signal: ended })
        }
        await refuseExisting()
        await rename(partial, path)
      } catch (error) {
        if (error instanceof Refusal || ended.aborted) throw error
        throw cannotWrite(path, error)
      }
    },
    discard: () => rm(partial, { recursive: true, force: true }),
  }
}

const INCOMPLETE =
  'another export is writing there, or was interrupted. Remove it if no export runs, because it has password hashes.'

const exists = (path: string) =>
  lstat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false
      throw cannotWrite(path, error)
    },
  )

const cannotWrite = (path: string, error: unknown) =>
  new Refusal('refused', `Cannot write ${path}: ${(error as NodeJS.ErrnoException).code ?? 'unknown error'}.`)

/** Returns values as JSON lines, in parts. */
export function* jsonLines(values: Iterable<object>): Generator<string> {
  for (const value of values) yield `${JSON.stringify(value)}\n`
}
