import { execFileSync, spawn } from 'node:child_process'
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
import { cleanEnvironment, root } from '../support/process/service-description.ts'

const BUILT = join(root, 'packages/serverless-jwt-auth/dist')
const PROJECT = join(root, 'test/package/foreign')

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
  package(args?: string[]): Promise<Package>
  remove(): void
}

export function foreignProject(): Foreign {
  if (!existsSync(BUILT)) execFileSync(process.execPath, [join(root, 'packages/build.ts')])
  mkdirSync(join(root, '.results'), { recursive: true })
  const folder = mkdtempSync(join(root, '.results/foreign-'))
  cpSync(PROJECT, folder, { recursive: true })
  // Its name keeps Node.js from taking this repository for the package.
  writeFileSync(join(folder, 'package.json'), '{"name":"shop","private":true,"type":"module"}')
  mkdirSync(join(folder, 'node_modules'))
  for (const name of readdirSync(join(root, 'node_modules')).filter((one) => one !== '.cache')) {
    symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name))
  }
  cpSync(BUILT, join(folder, 'node_modules/serverless-jwt-auth'), { recursive: true })
  writeFileSync(
    join(folder, 'auth.config.ts'),
    `import { defineAuth } from 'serverless-jwt-auth'\nexport default defineAuth(${JSON.stringify(APPLICATION)})\n`,
  )
  const written = readFileSync(join(PROJECT, 'serverless.yml'), 'utf8')

  const run: Foreign['run'] = async (args, env = {}) => {
    const child = spawn(process.execPath, [join(root, 'node_modules/.bin/sls'), ...args], {
      cwd: folder,
      env: { ...cleanEnvironment(), ...env },
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
      if (!isWithout) configuration.plugins.push('serverless-jwt-auth')
      change(configuration)
      // JSON is YAML.
      writeFileSync(join(folder, 'serverless.yml'), JSON.stringify(configuration, null, 2))
    },
    run,
    async package(args = []) {
      const { status, stdout, stderr } = await run(['package', '--stage', 'prod', ...args])
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
    remove: () => rmSync(folder, { recursive: true }),
  }
}
