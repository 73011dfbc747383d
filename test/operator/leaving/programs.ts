import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../support/process/service-description.ts'

/** Returns the blocks of a language in a section of docs/MOVING.md, in their order. */
export function programsOf(section: string, language: string): string[] {
  const document = readFileSync(join(root, 'docs/MOVING.md'), 'utf8')
  const text = document.split(`### ${section}\n`)[1]?.split(/^##/m)[0] ?? ''
  const blocks = [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)]
  const found = blocks.flatMap(([, name, program = '']) => (name === language ? [program] : []))
  if (found.length === 0) throw new Error(`docs/MOVING.md has no ${language} under ${section}`)
  return found
}
