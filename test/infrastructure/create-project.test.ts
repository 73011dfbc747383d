import { execFile, spawnSync } from 'node:child_process'
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { root } from '../support/process/service-description.ts'

// `npm create serverless-jwt-auth`, without npm. `npm run test:package` runs it by npm, and what it makes.

const PACKAGE = `${root}/packages/create-serverless-jwt-auth`
const TEMPLATE = `${PACKAGE}/template`
const DONE = {
  status: 0,
  stdout: 'Made notes. Next:\n\n  cd notes && npm install && npm start\n\n',
  stderr: '',
}
const NOT_EMPTY = { status: 1, stdout: '', stderr: 'The folder notes is not empty. Take another name.\n' }

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'create-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

test('create makes a project of the name, with the version of the package', () => {
  expect(create('notes')).toEqual(DONE)
  expect(readdirSync(folder)).toEqual(['notes'])
  expect(statSync(`${folder}/notes`).mode & 0o777).toBe(0o777 & ~process.umask())
  expect(filesOf(`${folder}/notes`)).toEqual(filesOf(TEMPLATE))
  const { name, devDependencies } = readJson(`${folder}/notes/package.json`)
  expect(name).toBe('notes')
  expect(devDependencies['serverless-jwt-auth']).toBe(`^${readJson(`${PACKAGE}/package.json`).version}`)
  const written = filesOf(`${folder}/notes`).map((file) => readFileSync(`${folder}/notes/${file}`, 'utf8'))
  expect(written.filter((text) => text.includes('__'))).toEqual([])
  expect(written).toContainEqual(expect.stringMatching(/^service: notes$/m))
})

test('create fills an empty folder, and leaves one with files as it is', () => {
  mkdirSync(`${folder}/notes`)
  expect(create('notes')).toEqual(DONE)
  writeFileSync(`${folder}/notes/serverless.yml`, 'mine')
  expect(create('notes')).toEqual(NOT_EMPTY)
  expect(readFileSync(`${folder}/notes/serverless.yml`, 'utf8')).toBe('mine')
  expect(readdirSync(folder)).toEqual(['notes'])
  writeFileSync(`${folder}/paper`, '')
  expect(create('paper')).toEqual({ status: 1, stdout: '', stderr: 'paper is a file. Take another name.\n' })
})

const RULE =
  'The name must have 2 to 24 of a-z, 0-9 and hyphens, with a letter first and no hyphen last: the service on AWS has it too.'

test.each([
  ['', RULE],
  ['n', RULE],
  ['Notes', RULE],
  ['1notes', RULE],
  ['notes-', RULE],
  ['my_notes', RULE],
  ['.', RULE],
  ['../notes', RULE],
  ['@me/notes', RULE],
  ['n'.repeat(25), RULE],
  ['con', 'Windows can have no folder con. Take another name.'],
  ['lpt1', 'Windows can have no folder lpt1. Take another name.'],
  ['tsx', 'The project needs a package that is named tsx. Take another name.'],
])('create refuses the name %j', (name, line) => {
  expect(create(name)).toEqual({ status: 1, stdout: '', stderr: `${line}\n` })
  expect(readdirSync(folder)).toEqual([])
})

test.each([[[]], [['notes', 'drafts']], [['--help']]])(
  'create shows its use for the arguments %j',
  (args) => {
    const stderr = 'Name one project: npm create serverless-jwt-auth notes\n'
    expect(create(...args)).toEqual({ status: 1, stdout: '', stderr })
  },
)

test('of several commands at the same time, one makes the project', async () => {
  const ends = await Promise.all(
    Array.from({ length: 6 }, () => {
      const { promise, resolve } = Promise.withResolvers<object>()
      execFile(
        process.execPath,
        [`${PACKAGE}/create.js`, 'notes'],
        { cwd: folder },
        (error, stdout, stderr) => resolve({ status: error === null ? 0 : error.code, stdout, stderr }),
      )
      return promise
    }),
  )
  expect(ends.filter((end) => JSON.stringify(end) === JSON.stringify(DONE))).toHaveLength(1)
  expect(ends.filter((end) => JSON.stringify(end) === JSON.stringify(NOT_EMPTY))).toHaveLength(5)
  expect(readdirSync(folder)).toEqual(['notes'])
  expect(filesOf(`${folder}/notes`)).toEqual(filesOf(TEMPLATE))
})

test('a command that ends halfway leaves no folder of the name, and the next one makes it', () => {
  // Ends at the first file that has the name in it, when all files are there.
  const ending = `data:text/javascript,import fs from 'node:fs';import { syncBuiltinESMExports } from 'node:module';fs.writeFileSync = () => process.kill(process.pid, 'SIGKILL');syncBuiltinESMExports()`
  const { signal } = spawnSync(process.execPath, ['--import', ending, `${PACKAGE}/create.js`, 'notes'], {
    cwd: folder,
  })
  expect(signal).toBe('SIGKILL')
  expect(readdirSync(folder)).toEqual([expect.stringMatching(/^notes\.incomplete-/)])
  expect(create('notes')).toEqual(DONE)
  expect(existsSync(`${folder}/notes/package.json`)).toBe(true)
})

test('a project has at most 150 lines, in all files together', () => {
  const files = globSync('**/*', { cwd: TEMPLATE, withFileTypes: true }).filter((entry) => entry.isFile())
  const lines = files.map(
    ({ parentPath, name }) => readFileSync(join(parentPath, name), 'utf8').split('\n').length - 1,
  )
  expect(lines.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(150)
})

test('the template takes the versions that this repository is tested with', () => {
  const { 'serverless-jwt-auth': own, ...others } = readJson(`${TEMPLATE}/package.json`).devDependencies
  expect(own).toBe('^__VERSION__')
  expect(readJson(`${root}/package.json`).devDependencies).toMatchObject(others)
})

test('both packages have the version, the licence and the Node versions of this repository', () => {
  const { version, license, author, engines } = readJson(`${root}/package.json`)
  const manifest = readJson(`${PACKAGE}/package.json`)
  expect(manifest).toMatchObject({ version, license, author, engines })
  expect(Object.keys(manifest)).not.toEqual(expect.arrayContaining(['scripts', 'dependencies']))
  expect(readFileSync(`${PACKAGE}/LICENSE`, 'utf8')).toBe(readFileSync(`${root}/LICENSE`, 'utf8'))
})

const readJson = (file: string) => JSON.parse(readFileSync(file, 'utf8'))

/** Runs the command, as npm does. */
function create(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [`${PACKAGE}/create.js`, ...args], {
    cwd: folder,
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

/** Files of the template, by the names that they have in a project. */
const filesOf = (at: string) =>
  readdirSync(at, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(relative(at, entry.parentPath), entry.name).replace(/^gitignore$/, '.gitignore'))
    .sort()
