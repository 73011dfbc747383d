import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Name of the file in the package. */
export const LICENCES_FILE = 'THIRD-PARTY-LICENSES.txt'

/** `swagger-ui-bundle.js.LICENSE.txt` has the notices of what swagger-ui itself contains. */
const LICENCE = /^(licen[cs]e|notice|copying)\b|\.LICENSE\.txt$/i

/**
 * Returns one text with the licences and notices of packages, as their authors wrote them. These licences demand it of every copy.
 *
 * @param folders - Installed packages whose code the package contains.
 * @throws if a package has no licence.
 */
export const licencesOf = (folders: readonly string[]): string =>
  ['serverless-jwt-auth contains code of these packages.\n', ...folders.map(sectionOf)].join('\n')

function sectionOf(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const texts = new Set(
    readdirSync(folder)
      .filter((file) => LICENCE.test(file))
      .sort()
      .map((file) => readFileSync(join(folder, file), 'utf8').trim()),
  )
  if (texts.size === 0) throw new Error(`${name} has no licence`)
  return [`${'='.repeat(80)}\n${name} ${version} (${license})`, ...texts]
    .map((text) => `${text}\n`)
    .join('\n')
}
