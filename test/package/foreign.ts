import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { parse } from 'yaml'
import { startEmptyAccount } from '../operator/describe-stacks.ts'
import { cleanEnvironment, root } from '../support/process/service-description.ts'

const BUILT = join(root, 'packages/serverless-jwt-auth/dist')

/** With everything on. */
const APPLICATION = {
  roles: ['member'],
  administrators: [],
  monitoring: 'on',
  pages: 'on',
  cookieSessions: 'on',
  oauth: 'on',
  mailFrom: 'no-reply@shop.example',
  registration: 'open',
  stages: { dev: { monitoring: 'off' } },
}

type Part = Record<string, unknown>

/** A `serverless.yml`, variables not resolved. */
export interface Configuration {
  plugins: string[]
  provider: { environment: Part; iam: { role: unknown } } & Part
  custom: Part
  params: Record<string, Part>
  functions: Record<string, Part>
  resources: {
    Resources: Record<string, Part>
    Outputs: Part
    Conditions: Part
    extensions?: Record<string, Part>
  }
}

export interface Resource {
  Type: string
  Properties: Part
  DependsOn?: string | string[]
}

/** What `sls package` writes. */
export interface Package {
  Resources: Record<string, Resource>
  Outputs: Part
  Conditions: Part
  service: { provider: Part; custom: Part }
  /** Contents of an archive. */
  archive(name: string): Buffer
}

/** Adds a function of the service to the project, and a route of the project that the plugin protects. */
export const withOwnRoutes = ({ functions }: Configuration) => {
  functions.audit = {
    handler: 'src/orders.handler',
    may: ['readKeys'],
    settings: ['table'],
    events: [{ http: { method: 'get', path: 'audit' } }, { sqs: { arn: { 'Fn::GetAtt': ['Jobs', 'Arn'] } } }],
  }
  functions.notes = {
    handler: 'src/orders.handler',
    role: 'member',
    events: [{ http: { method: 'get', path: 'notes', authorizer: 'auth' } }],
  }
}

/** A project of a user, in a separate folder with the built package. */
export interface Foreign {
  folder: string
  /** Writes `serverless.yml`: that of the project with the plugin, after some changes. */
  write(change?: (configuration: Configuration) => void, isWithout?: boolean): void
  run(
    args: string[],
    env?: Record<string, string>,
  ): Promise<{ status: number | null; stdout: string; stderr: string }>
  package(args?: string[], env?: Record<string, string>): Promise<Package>
  remove(): void
}

/** The project of a user that has what the plugin once changed. */
export function shop(): Foreign {
  const project = foreignProject('foreign/shop')
  writeFileSync(
    join(project.folder, 'auth.config.ts'),
    `import { defineAuth } from 'serverless-jwt-auth'\nexport default defineAuth(${JSON.stringify(APPLICATION)})\n`,
  )
  return project
}

/**
 * Copies a project of this folder into a folder that has the packages, as npm installs them for a workspace.
 *
 * @param source - Path of the project. It gets the folder `src` too.
 * @param others - Folder of packages beside those of this repository.
 */
export function foreignProject(source: string, others?: string): Foreign {
  mkdirSync(join(root, '.results'), { recursive: true })
  const workspace = mkdtempSync(join(root, '.results/foreign-'))
  const folder = join(workspace, 'project')
  cpSync(join(root, 'test/package/src'), join(folder, 'src'), { recursive: true })
  cpSync(join(root, 'test/package', source), folder, { recursive: true })
  // Its name keeps Node.js from taking this repository for the package.
  if (!existsSync(join(folder, 'package.json')))
    writeFileSync(join(folder, 'package.json'), '{"name":"shop","private":true}')
  // serverless-plugin-typescript wants one here.
  mkdirSync(join(folder, 'node_modules'))
  mkdirSync(join(workspace, 'node_modules'))
  for (const from of [join(root, 'node_modules'), others ?? []].flat()) linkPackages(from, workspace)
  cpSync(BUILT, join(workspace, 'node_modules/serverless-jwt-auth'), { recursive: true })
  const written = readFileSync(join(folder, 'serverless.yml'), 'utf8')

  const run: Foreign['run'] = async (args, env = {}) => {
    const child = spawn(process.execPath, [join(root, 'node_modules/.bin/sls'), ...args], {
      cwd: folder,
      env: { ...cleanEnvironment(), ...env },
      // `sls invoke local` reads an event from it.
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const [stdout, stderr, [status]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close'),
    ])
    return { status, stdout, stderr }
  }

  return {
    folder,
    write(change = () => {}, isWithout = false) {
      const configuration: Configuration = parse(written)
      configuration.plugins ??= []
      if (!isWithout) configuration.plugins.push('serverless-jwt-auth')
      change(configuration)
      // JSON is YAML.
      writeFileSync(join(folder, 'serverless.yml'), JSON.stringify(configuration, null, 2))
    },
    run,
    async package(args = [], env = {}) {
      const { status, stdout, stderr } = await run(['package', '--stage', 'prod', ...args], env)
      if (status !== 0) throw new Error(`sls package failed: ${stdout}${stderr}`)
      const read = (name: string) =>
        JSON.parse(
          readFileSync(join(folder, '.serverless', `${name}.json`), 'utf8').replaceAll(
            /\d{13}-\d{4}-\d\d-\d\dT[\d:.]+Z/g,
            'TIME',
          ),
        )
      const archives = new Map(
        readdirSync(join(folder, '.serverless'))
          .filter((name) => name.endsWith('.zip'))
          .map((name) => [name, readFileSync(join(folder, '.serverless', name))]),
      )
      return {
        ...read('cloudformation-template-update-stack'),
        service: read('serverless-state').service,
        archive(name) {
          const found = archives.get(name)
          if (found === undefined) throw new Error(`there is no ${name} among ${[...archives.keys()]}`)
          return found
        },
      }
    },
    remove: () => rmSync(workspace, { recursive: true }),
  }
}

function linkPackages(from: string, workspace: string): void {
  for (const name of readdirSync(from).filter((one) => one !== '.cache')) {
    const path = join(workspace, 'node_modules', name)
    if (!existsSync(path)) symlinkSync(join(from, name), path)
  }
}

/** Packages a project without this package, then with it. */
export async function packagedTwice(project: Foreign, change?: (configuration: Configuration) => void) {
  // serverless-plugin-split-stacks asks which stacks there are.
  const env = await startEmptyAccount()
  const packaged = async (isWithout: boolean) => {
    project.write(change, isWithout)
    return await project.package([], env)
  }
  return [await packaged(true), await packaged(false)] as const
}
