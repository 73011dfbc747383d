import { readFileSync } from 'node:fs'
import { parseDocument } from 'yaml'

/**
 * Returns what the description of a service says as data, with its aliases and merges, or `undefined` for a
 * program. A program may say anything, and reading it must not run it. Tags of CloudFormation, such as
 * `!Ref`, are ignored. The file is trusted, so it may have any number of aliases.
 */
export function dataOf(path: string): Record<string, unknown> | undefined {
  if (!/\.(ya?ml|json)$/.test(path)) return undefined
  const document = parseDocument(readFileSync(path, 'utf8'), { logLevel: 'silent', merge: true })
  return Object(document.toJS({ maxAliasCount: -1 }))
}
