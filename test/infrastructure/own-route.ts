import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { text } from 'node:stream/consumers'
import { root } from '../support/process/service-description.ts'

/** Returns the text of a section of a document. */
function sectionOf(document: string, heading: string): string {
  const [, section] = readFileSync(`${root}/${document}`, 'utf8').split(`\n## ${heading}\n`)
  if (section === undefined) throw new Error(`${document} has no section ${heading}`)
  return section.split('\n## ')[0] ?? ''
}

/** Returns the fenced blocks of a text, without the fences. */
const blocksIn = (section: string) =>
  [...section.matchAll(/^```\w+\n(.*?)^```$/gms)].map(([, block = '']) => block)

interface Edit {
  /** Empty if the step names no TypeScript file. */
  file: string
  block: string
}

/** Returns the edits of `A route of your own`: each step names a file, and shows what goes there. The last one, a row, is optional. */
function readRoute() {
  const steps = sectionOf('README.md', 'A route of your own')
    .split(/^\d\. /m)
    .slice(1)
  const edits = steps.map((step): Edit => {
    const [block = '', ...others] = blocksIn(step)
    if (others.length > 0) throw new Error('a step of README’s route has more than one block')
    return { file: /`([\w./-]+\.ts)`/.exec(step)?.[1] ?? '', block }
  })
  const [handler, entry, unitTest, row, ...others] = edits
  if (!handler || !entry || !unitTest || !row || others.length > 0) {
    throw new Error(`README’s route takes ${edits.length} edits`)
  }
  return { handler, entry, unitTest, row }
}

/** Returns the parts of `Adding a role`: the list of roles, and a function's line with roles. */
function readRole() {
  const section = sectionOf('CONTRIBUTING.md', 'Adding a role')
  const [roles = '', role = '', ...others] = blocksIn(section)
  if (others.length > 0) throw new Error('the role of CONTRIBUTING.md has more than two blocks')
  return { roles, role }
}

/** Returns the attribute of `Claims of your own`, as `auth.config.ts` has it. */
function readClaim(): string {
  const [attributes = '', ...others] = blocksIn(sectionOf('docs/VERIFYING.md', 'Claims of your own'))
  if (others.length > 0) throw new Error('the claim of VERIFYING.md has more than one block')
  return attributes
}

/** A copy of the project with its own `.results`. */
export interface Copy {
  folder: string
  /** Makes the edits of `A route of your own`. */
  addRoute(): void
  /** Makes the edits of `Adding a role`, and adds `GET /drafts`: the route, for that role, in three files. */
  addRole(): void
  /** Makes the edits of `Claims of your own`: the attribute, and its claim where README shows a token. */
  addClaim(): void
  /** Runs a script, and returns its exit status and output. */
  run(script: string, args: string[]): Promise<{ status: number | null; output: string }>
  remove(): void
}

/** Folders that are not part of the project. */
const LEFT_OUT = ['.git', '.results', '.serverless', '.esbuild', 'node_modules']

/** Tests that make such a copy themselves, and packages of parts of the project. */
const EXCLUDED = /\/own-(?:route|scope)(?:\.proof)?\.test\.ts$|\/node_modules$/

export function copyProject(): Copy {
  mkdirSync(`${root}/.results`, { recursive: true })
  const folder = mkdtempSync(`${root}/.results/own-route-`)
  for (const name of readdirSync(root).filter((name) => !LEFT_OUT.includes(name))) {
    cpSync(`${root}/${name}`, `${folder}/${name}`, {
      recursive: true,
      filter: (path) => !EXCLUDED.test(path),
    })
  }
  symlinkSync(`${root}/node_modules`, `${folder}/node_modules`, 'junction')

  const write = (file: string, content: string) => writeFileSync(`${folder}/${file}`, content)
  const insertAfter = (file: string, line: RegExp, content: string) => {
    const source = readFileSync(`${folder}/${file}`, 'utf8')
    if (!line.test(source)) throw new Error(`${file} has no line ${line}`)
    write(
      file,
      source.replace(line, (found) => found + content),
    )
  }
  const addFunction = (route: Omit<ReturnType<typeof readRoute>, 'row'>) => {
    write(route.handler.file, route.handler.block)
    insertAfter('serverless.yml', /^functions:\n/m, route.entry.block)
    write(route.unitTest.file, route.unitTest.block)
  }

  return {
    folder,
    addRoute() {
      const { row, ...route } = readRoute()
      addFunction(route)
      insertAfter(row.file, /^export const CONTENT_ROUTES: Route\[\] = \[\n/m, row.block)
    },
    addClaim() {
      const attributes = readClaim()
      insertAfter('auth.config.ts', /^ {2}administrators: .*\n/m, attributes)
      const [, value] = /default: '(.+)'/.exec(attributes) ?? []
      const [, claim] = /claim: '(.+)'/.exec(attributes) ?? []
      insertAfter('README.md', /^\{(?="iss":)/m, `"${claim}":"${value}",`)
    },
    addRole() {
      const { roles, role } = readRole()
      const source = readFileSync(`${folder}/auth.config.ts`, 'utf8')
      write(
        'auth.config.ts',
        source.replace(/^ {2}roles: .*\n/m, () => roles),
      )
      const { handler, entry, unitTest } = readRoute()
      const named = ({ file, block }: Edit) => ({
        file: file.replace('hello', 'drafts'),
        block: block
          .replaceAll('hello', 'drafts')
          .replaceAll('Hello, user!', 'Hello, admin!')
          .replaceAll("role: 'user'", "role: 'admin'"),
      })
      addFunction({
        handler: named(handler),
        entry: { ...entry, block: named(entry).block.replace(/^ {4}handler: .*\n/m, (line) => line + role) },
        unitTest: named(unitTest),
      })
    },
    async run(script, args) {
      const { NODE_OPTIONS: _, ...env } = process.env
      const outer = Object.keys(env).filter((name) => name.startsWith('VITEST'))
      for (const name of outer) delete env[name]
      const child = spawn(process.execPath, [script, ...args], { cwd: folder, env })
      const [stdout, stderr, [status]] = await Promise.all([
        text(child.stdout),
        text(child.stderr),
        once(child, 'close'),
      ])
      return { status, output: stdout + stderr }
    },
    remove: () => rmSync(folder, { recursive: true }),
  }
}
