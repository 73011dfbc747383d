import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { copyDefaults, SOURCES } from '../support/process/checkout.ts'
import { cleanEnvironment, root } from '../support/process/service-description.ts'

/** A resource of a CloudFormation template. */
export interface TemplateResource {
  Type: string
  Properties: Record<string, unknown>
  DependsOn?: string[]
  DeletionPolicy?: string
  UpdateReplacePolicy?: string
}

/** The output of `sls package`, with all conditions evaluated: the resources that CloudFormation then creates. */
export interface Package {
  resources: Record<string, TemplateResource>
  outputs: Record<string, { Value: unknown }>
  /** Tags for every resource that takes tags. The template itself does not contain them. */
  stackTags: Record<string, string>
  /** Sender of mails; undefined if it sends none. */
  sender: string | undefined
  /** Folder with the deployed archive of each function, `<function>.zip`. */
  folder: string
}

/**
 * The packages that the tests check. Together they have every parameter with its default and with another value.
 *
 * @param params - Deploy parameters, as after `--param`.
 */
export const packageProd = (params?: Record<string, string>) => packageService('prod', params)
export const packageChangedProd = () => packageService('prod', CHANGED)
/** The second of them without federation, which is the default. */
export function packageWithoutFederation(): Promise<Package> {
  const { federation: _, ...others } = CHANGED
  return packageService('prod', others)
}
/** The second of them without sessions of a device, which is the default. */
export function packageWithoutDevices(): Promise<Package> {
  const { deviceBoundSessions: _, ...others } = CHANGED
  return packageService('prod', others)
}
/** The second of them without sign-ins by a mail, which is the default. */
export function packageWithoutMailSignIn(): Promise<Package> {
  const { mailSignIn: _, ...others } = CHANGED
  return packageService('prod', others)
}
/** The second of them without the console, act-as and events on a bus, which is the default. */
export function packageWithoutConsole(): Promise<Package> {
  const { console: _, actAs: __, actAsOrigins: ___, eventBus: ____, ...others } = CHANGED
  return packageService('prod', others)
}
export const packageDev = () =>
  packageService('dev', {
    publishedKeys: 'b',
    signingKey: 'b',
    mailFrom: SENDER,
    requireSecondFactor: 'all',
  })

export const ACT_ORIGIN = 'https://support.example.net'
export const LISTED_ORIGINS = ['https://app.example.com', 'https://admin.example.com:8443'] as const

export const TOPIC_ARN = 'arn:aws:sns:eu-central-1:123456789012:on-call'

/** Without a sender, the service has no route that needs a mail. */
export const SENDER = 'no-reply@mail.example.org'

/** Functions that hash passwords. They have more memory, and further files in their packages. */
export const HASHING = [
  'login',
  'password',
  'reset',
  'new-account',
  'change-email',
  'factors',
  'delete-me',
  'identities',
]

const CHANGED = {
  mailFrom: SENDER,
  registration: 'invite',
  issuer: 'https://app.example.com/auth',
  publicUrl: 'https://app.example.com',
  serviceName: 'Example',
  notifyNewSource: 'off',
  rpId: 'example.com',
  rpOrigins: LISTED_ORIGINS.join(','),
  requireSecondFactor: 'administrators',
  factorResetDelaySeconds: '3600',
  allowedEmailDomains: 'example.org,example.com',
  limitMailSource: '10/600',
  limitMailRecipient: '2/600',
  allowedOrigins: LISTED_ORIGINS.join(','),
  memoryMb: '2048',
  loginConcurrency: '7',
  authorizerCacheSeconds: '0',
  loginRateLimit: '500/50',
  alarmTopicArn: TOPIC_ARN,
  operators: 'arn:aws:iam::123456789012:role/operator',
  requestFloodPerMinute: '300000',
  accessLogs: 'on',
  sessionTtlSeconds: '300',
  sessionIdleTtlSeconds: '120',
  publishedKeys: 'a',
  pages: 'on',
  oauth: 'on',
  federation: 'on',
  mailSignIn: 'on',
  clientMetadataHosts: 'claude.ai,vscode.dev',
  cookieSessions: 'on',
  deviceBoundSessions: 'on',
  console: 'on',
  actAs: 'on',
  actAsOrigins: ACT_ORIGIN,
  eventBus: 'changes',
  breachedPasswords: 'off',
}

/**
 * Packages the service with the ordinary command, without AWS credentials and without a region.
 *
 * Packages are cached in `.results` by a hash of their sources and parameters, so that test files share them.
 *
 * @param params - Deploy parameters, as after `--param`.
 */
async function packageService(stage: string, params: Record<string, string> = {}): Promise<Package> {
  const args = ['package', '--stage', stage]
  for (const [name, value] of Object.entries(params)) args.push('--param', `${name}=${value}`)
  const folder = await cached(`package-${hashOf(args)}`, (copy) => runSls(args, copy))
  return { ...readPackage(folder), sender: params.mailFrom }
}

/** Reads the output of `sls package` in a folder. */
export function readPackage(folder: string): Omit<Package, 'sender'> {
  const read = (name: string) => JSON.parse(readFileSync(`${folder}/${name}.json`, 'utf8'))
  const { Resources, Outputs, Conditions } = read('cloudformation-template-update-stack')
  const { stackTags } = read('serverless-state').service.provider
  return { ...evaluate(Resources, Outputs, Conditions), stackTags, folder }
}

function hashOf(args: string[]): string {
  const hash = createHash('sha256').update(JSON.stringify([process.version, args]))
  const files = SOURCES.flatMap((source) => [source, ...globSync(`${source}/**`, { cwd: root })])
  for (const file of files.filter((name) => !name.endsWith('.test.ts')).sort()) {
    if (statSync(`${root}/${file}`).isFile())
      hash.update(`\0${file}\0`).update(readFileSync(`${root}/${file}`))
  }
  return hash.digest('hex').slice(0, 16)
}

/** Makes a folder once, even if several test processes ask for it at the same time. */
async function cached(name: string, make: (folder: string) => Promise<string>): Promise<string> {
  const [folder, lock] = [`${root}/.results/${name}`, `${root}/.results/${name}.lock`]
  mkdirSync(`${root}/.results`, { recursive: true })
  while (!takeLock(lock)) await sleep(100)
  try {
    if (existsSync(folder)) return folder
    removeOldPackages()
    const copy = mkdtempSync(`${root}/.results/copy-`)
    renameSync(await make(copy), folder)
    rmSync(copy, { recursive: true })
    return folder
  } finally {
    rmSync(lock, { recursive: true, force: true })
  }
}

const DAY_MS = 86_400_000

function removeOldPackages(): void {
  for (const name of globSync('.results/{package,copy}-*', { cwd: root })) {
    const { mtimeMs } = statSync(`${root}/${name}`, { throwIfNoEntry: false }) ?? { mtimeMs: Date.now() }
    if (Date.now() - mtimeMs > DAY_MS) rmSync(`${root}/${name}`, { recursive: true, force: true })
  }
}

/** A process that ended while it held the lock left it behind. */
const LOCK_IS_STALE_MS = 300_000

function takeLock(lock: string): boolean {
  try {
    mkdirSync(lock)
    return true
  } catch {
    const age = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now())
    if (age > LOCK_IS_STALE_MS) rmSync(lock, { recursive: true, force: true })
    return false
  }
}

async function runSls(args: string[], folder: string): Promise<string> {
  // The framework writes to `.serverless` in the folder of its inputs, so it runs in a copy.
  await copyDefaults(folder)
  // As an interrupted local service leaves it behind.
  mkdirSync(`${folder}/.esbuild/.build/functions`, { recursive: true })
  writeFileSync(`${folder}/.esbuild/.build/functions/left.cjs`, '')
  const sls = `${root}/node_modules/.bin/sls`
  await promisify(execFile)(process.execPath, [sls, ...args], { cwd: folder, env: cleanEnvironment() })
  return `${folder}/.serverless`
}

type Decide = (condition: string) => boolean

function evaluate(
  resources: Package['resources'],
  outputs: Package['outputs'],
  conditions: Record<string, unknown>,
) {
  const decide: Decide = (name) => isTrue(conditions[name])
  const existing = <T extends object>(all: Record<string, T & { Condition?: string }>) =>
    Object.fromEntries(
      Object.entries(all).flatMap(([id, { Condition, ...rest }]) =>
        Condition === undefined || decide(Condition) ? [[id, choose(rest, decide) as T]] : [],
      ),
    )
  return { resources: existing(resources), outputs: existing(outputs) }
}

/** Evaluates a condition. Supports the forms that this template uses. */
function isTrue(condition: unknown): boolean {
  const { 'Fn::Not': not, 'Fn::Equals': equals }: Record<string, unknown[] | undefined> = Object(condition)
  if (not !== undefined) return !isTrue(not[0])
  if (equals !== undefined) return equals[0] === equals[1]
  throw new TypeError(`unsupported condition: ${JSON.stringify(condition)}`)
}

const NO_VALUE = Symbol('AWS::NoValue')

/** Replaces every `Fn::If` with the branch that its condition selects. */
function choose(node: unknown, decide: Decide): unknown {
  if (typeof node !== 'object' || node === null) return node
  if (Array.isArray(node))
    return node.map((value) => choose(value, decide)).filter((value) => value !== NO_VALUE)
  const branches = (node as { 'Fn::If'?: [string, unknown, unknown] })['Fn::If']
  if (branches !== undefined) return choose(decide(branches[0]) ? branches[1] : branches[2], decide)
  if ((node as { Ref?: string }).Ref === 'AWS::NoValue') return NO_VALUE
  const entries = Object.entries(node).map(([name, value]) => [name, choose(value, decide)])
  return Object.fromEntries(entries.filter(([, value]) => value !== NO_VALUE))
}

/** Returns the logical ids that a part of a template refers to. */
export function referencesIn(node: unknown): string[] {
  if (typeof node !== 'object' || node === null) return []
  return Object.entries(node).flatMap(([name, value]) => {
    if (name === 'Ref') return [String(value)]
    if (name === 'Fn::GetAtt') return [String(value).split(/[.,]/)[0] ?? '']
    if (name === 'DependsOn') return [value].flat().map(String)
    if (name !== 'Fn::Sub') return referencesIn(value)
    const [text, names = {}] = [value].flat() as [string, object?]
    const places = [...text.matchAll(/\$\{([^}!.]+)[^}]*\}/g)].map(([, place = '']) => place)
    return [...places.filter((place) => !Object.hasOwn(names, place)), ...referencesIn(names)]
  })
}
