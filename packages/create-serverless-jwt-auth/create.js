#!/usr/bin/env node
import {
  chmodSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

// The template has no `"type": "module"`: `sls invoke local` does not find `.mjs`.
const TEMPLATE = fileURLToPath(new URL('./template', import.meta.url))

/**
 * Longest name of a project. IAM takes 64 characters for the name of a role, and the longest one is
 * `NAME-STAGE-admin-content-ap-southeast-1`. This leaves ten for the stage.
 */
const LONGEST_NAME = 24

/** Files of the template that have the name or the version in them. */
const FILLED = ['package.json', 'serverless.yml', 'README.md']

/** A reason not to make the project, for the user. */
class Refusal extends Error {}

try {
  console.log(create(process.argv.slice(2)))
} catch (error) {
  if (!(error instanceof Refusal)) throw error
  console.error(error.message)
  process.exitCode = 1
}

/**
 * Makes a project in a folder of its name.
 *
 * @param {string[]} args
 * @returns {string} What the user reads.
 * @throws {Refusal}
 */
function create(args) {
  const [name, ...others] = args
  if (name === undefined || others.length > 0 || name.startsWith('-')) {
    throw new Refusal('Name one project: npm create serverless-jwt-auth notes')
  }
  refuseName(name)
  const exists = refuseFolder(name)
  // The folder gets its name when it is complete, so a command that was interrupted leaves none of that name.
  const incomplete = mkdtempSync(`${name}.incomplete-`)
  try {
    fill(incomplete, name)
    // Windows renames to no folder that exists.
    if (exists) rmdirSync(name)
    renameSync(incomplete, name)
  } catch (error) {
    rmSync(incomplete, { recursive: true, force: true })
    // Another command may have made it at the same time.
    refuseFolder(name)
    throw error
  }
  return `Made ${name}. Next:\n\n  cd ${name} && npm install && npm start\n`
}

/** @param {string} name */
function refuseName(name) {
  if (name.length > LONGEST_NAME || !/^[a-z][a-z0-9-]*[a-z0-9]$/.test(name)) {
    throw new Refusal(
      `The name must have 2 to ${LONGEST_NAME} of a-z, 0-9 and hyphens, with a letter first and no hyphen last: the service on AWS has it too.`,
    )
  }
  // Windows has devices of these names (https://learn.microsoft.com/windows/win32/fileio/naming-a-file).
  if (/^(con|prn|aux|nul|com[0-9]|lpt[0-9])$/.test(name)) {
    throw new Refusal(`Windows can have no folder ${name}. Take another name.`)
  }
  // npm installs no package into a project of the same name.
  if (name in JSON.parse(readFileSync(join(TEMPLATE, 'package.json'), 'utf8')).devDependencies) {
    throw new Refusal(`The project needs a package that is named ${name}. Take another name.`)
  }
}

/**
 * Refuses what exists under the name, unless it is an empty folder.
 *
 * @param {string} name
 * @returns {boolean} Whether there is an empty folder.
 */
function refuseFolder(name) {
  try {
    if (readdirSync(name).length > 0) throw new Refusal(`The folder ${name} is not empty. Take another name.`)
    return true
  } catch (error) {
    if (error instanceof Refusal) throw error
    const { code } = /** @type {NodeJS.ErrnoException} */ (error)
    if (code === 'ENOENT') return false
    if (code === 'ENOTDIR') throw new Refusal(`${name} is a file. Take another name.`)
    throw error
  }
}

/**
 * Writes the template with a name.
 *
 * @param {string} folder
 * @param {string} name
 */
function fill(folder, name) {
  cpSync(TEMPLATE, folder, { recursive: true })
  // As of any other new folder: a temporary one is closed to other users.
  chmodSync(folder, 0o777 & ~process.umask())
  // npm leaves files of the name .gitignore out of packages.
  renameSync(join(folder, 'gitignore'), join(folder, '.gitignore'))
  const { version } = JSON.parse(readFileSync(new URL('./package.json', import.meta.url), 'utf8'))
  for (const file of FILLED) {
    const text = readFileSync(join(folder, file), 'utf8')
    writeFileSync(join(folder, file), text.replaceAll('__NAME__', name).replaceAll('__VERSION__', version))
  }
}
