import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { cleanEnvironment, root } from '../support/service-description.ts'

/** A resource of a CloudFormation template. */
export interface TemplateResource {
  Type: string
  Properties: Record<string, unknown>
  DependsOn?: string[]
  DeletionPolicy?: string
  UpdateReplacePolicy?: string
}

/** What `sls package` makes, with all conditions decided: just what CloudFormation would then create. */
export interface Package {
  resources: Record<string, TemplateResource>
  outputs: Record<string, { Value: unknown }>
  /** Put on every resource that takes tags; the template does not have them. */
  stackTags: Record<string, string>
}

/** What the framework packages from. It works in `.serverless` beside them, so each packaging gets a copy. */
const SOURCES = [
  'serverless.yml',
  'package.json',
  'functions',
  'lib',
  'local',
  'plugins',
  'resources',
  'scripts',
]

/**
 * Packages the service with the ordinary command, without any AWS credentials or region.
 *
 * @param params - As after `--param`.
 */
export function packageService(stage: string, params: Record<string, string> = {}): Package {
  mkdirSync(`${root}/.results`, { recursive: true })
  const folder = mkdtempSync(`${root}/.results/template-`)
  try {
    for (const name of SOURCES) cpSync(`${root}/${name}`, `${folder}/${name}`, { recursive: true })
    const args = [`${root}/node_modules/.bin/sls`, 'package', '--stage', stage]
    for (const [name, value] of Object.entries(params)) args.push('--param', `${name}=${value}`)
    execFileSync(process.execPath, args, { cwd: folder, env: cleanEnvironment(), stdio: 'pipe' })
    const read = (name: string) => JSON.parse(readFileSync(`${folder}/.serverless/${name}.json`, 'utf8'))
    const { Resources, Outputs, Conditions } = read('cloudformation-template-update-stack')
    const { stackTags } = read('serverless-state').service.provider
    return { ...present(Resources, Outputs, Conditions), stackTags }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

type Decide = (condition: string) => boolean

function present(
  resources: Record<string, TemplateResource & { Condition?: string }>,
  outputs: Package['outputs'],
  conditions: Record<string, unknown>,
) {
  const decide: Decide = (name) => isTrue(conditions[name])
  const there = Object.entries(resources).flatMap(([id, { Condition, ...resource }]) =>
    Condition === undefined || decide(Condition) ? [[id, choose(resource, decide)]] : [],
  )
  return { resources: Object.fromEntries(there), outputs: choose(outputs, decide) as Package['outputs'] }
}

/** Of conditions, those forms that ours have. */
function isTrue(condition: unknown): boolean {
  const { 'Fn::Not': not, 'Fn::Equals': equals }: Record<string, unknown[] | undefined> = Object(condition)
  if (not !== undefined) return !isTrue(not[0])
  if (equals !== undefined) return equals[0] === equals[1]
  throw new TypeError(`no such condition: ${JSON.stringify(condition)}`)
}

const NO_VALUE = Symbol('AWS::NoValue')

/** Every `Fn::If` becomes what it stands for. */
function choose(node: unknown, decide: Decide): unknown {
  if (typeof node !== 'object' || node === null) return node
  if (Array.isArray(node)) return node.map((one) => choose(one, decide)).filter((one) => one !== NO_VALUE)
  const branches = (node as { 'Fn::If'?: [string, unknown, unknown] })['Fn::If']
  if (branches !== undefined) return choose(decide(branches[0]) ? branches[1] : branches[2], decide)
  if ((node as { Ref?: string }).Ref === 'AWS::NoValue') return NO_VALUE
  const entries = Object.entries(node).map(([name, value]) => [name, choose(value, decide)])
  return Object.fromEntries(entries.filter(([, value]) => value !== NO_VALUE))
}

/** Logical ids that something in a template refers to. */
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
