import { globSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import ts from 'typescript'

/**
 * Removes the declarations that no other one leads to: those are of modules that only the package itself imports.
 *
 * @param folder - Of the package.
 * @param manifest - Its `package.json`.
 */
export function removeUnreached(folder: string, { exports }: { exports: object }): void {
  const reached = new Set<string>()
  const reach = (file: string): void => {
    if (reached.has(file)) return
    reached.add(file)
    for (const imported of importedBy(file)) reach(imported)
  }
  for (const { types } of Object.values(exports)) if (types !== undefined) reach(resolve(folder, types))
  const all = globSync('**/*.d.ts', { cwd: folder, exclude: ['node_modules/**'] })
  for (const file of all) if (!reached.has(resolve(folder, file))) rmSync(join(folder, file))
}

/** Returns the declarations in the package that a declaration imports. */
function importedBy(file: string): string[] {
  const { importedFiles } = ts.preProcessFile(readFileSync(file, 'utf8'), true, true)
  return importedFiles
    .map(({ fileName }) => fileName)
    .filter((name) => name.startsWith('.'))
    .map((name) => resolve(dirname(file), name.replace(/(\.d)?\.[jt]s$/, '.d.ts')))
}
