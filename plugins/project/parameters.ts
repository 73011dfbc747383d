import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'

/**
 * Returns the names of the parameters that a configuration uses as `${param:name}`, in its file or in files that it names. They are
 * read as text, because the framework has resolved them before a plugin runs.
 *
 * @param folder - Of the service.
 * @param name - Of its configuration, such as `serverless.yml`.
 */
export function parametersUsedIn(folder: string, name: string): Set<string> {
  const names = new Set<string>()
  const waiting = [resolve(folder, name)]
  for (const path of waiting) {
    if (!existsSync(path)) continue
    const text = readFileSync(path, 'utf8')
    for (const [, used = ''] of text.matchAll(/\bparam:\s*([\w.-]+)/g)) names.add(used)
    for (const [, file = ''] of text.matchAll(/\bfile\(([^)]+)\)/g)) {
      // The framework finds a file from the folder of the service.
      const found = resolve(folder, file.trim())
      if (!waiting.includes(found)) waiting.push(found)
    }
  }
  return names
}
