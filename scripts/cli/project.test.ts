import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { findProject, localStageOf, prefixOf, serviceOf, stackNameOf } from './project.ts'

/** Makes a folder with a file, and returns the folder. */
function folderWith(file: string, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'project-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, file), text)
  return folder
}

test.each([
  ['serverless.yml', 'service: notes # of ours\nresources: !Ref Table\n'],
  ['serverless.yaml', "service: 'notes'\n"],
  ['serverless.json', '{ "service": "notes" }'],
])('serviceOf reads the name from %s', (file, text) => {
  expect(serviceOf(undefined, folderWith(file, text))).toBe('notes')
})

test('serviceOf finds the nearest service above the folder', () => {
  const folder = folderWith('serverless.yml', 'service: outer\n')
  mkdirSync(join(folder, 'inner/src'), { recursive: true })
  writeFileSync(join(folder, 'inner/serverless.yml'), 'service: inner\n')
  expect(serviceOf(undefined, join(folder, 'inner/src'))).toBe('inner')
  expect(findProject(join(folder, 'inner/src'))).toEqual({
    folder: join(folder, 'inner'),
    file: 'serverless.yml',
  })
  expect(serviceOf(undefined, folder)).toBe('outer')
})

test.each([
  ['serverless.yml', `service: notes-\${env:NAME}\n`],
  ['serverless.yml', 'service: { name: notes }\n'],
  ['serverless.yml', ''],
  ['serverless.ts', "export default { service: 'notes' }\n"],
])('serviceOf asks for --service where %s has no plain name: %j', (file, text) => {
  const folder = folderWith(file, text)
  expect(() => serviceOf(undefined, folder)).toThrow(
    `The name of the service cannot be read from ${file}. Give --service NAME.`,
  )
  expect(serviceOf('notes', folder)).toBe('notes')
})

test('serviceOf asks for --service in a folder without a service', () => {
  const folder = folderWith('package.json', '{}')
  expect(() => serviceOf(undefined, folder)).toThrow(
    `There is no serverless.yml in ${folder} or above it. Give --service NAME.`,
  )
  expect(() => serviceOf('no/name', folder)).toThrow(
    'The name of a service has only letters, digits and hyphens.',
  )
})

test('localStageOf reads the default stage of the project', () => {
  expect(localStageOf(folderWith('serverless.yml', 'service: a\nprovider: { stage: local }\n'))).toBe('local')
  expect(localStageOf(folderWith('serverless.yml', 'service: a\nprovider: { name: aws }\n'))).toBe('dev')
  expect(localStageOf(folderWith('serverless.ts', 'export default {}'))).toBe('dev')
})

const withStack = (stackName: string) =>
  folderWith('serverless.yml', `service: notes\nprovider: { name: aws, stackName: "${stackName}" }\n`)

test.each([
  ['my-stack', 'my-stack'],
  [`my-\${sls:stage}`, 'my-prod'],
  [`\${self:service}-\${opt:stage, 'dev'}-stack`, 'notes-prod-stack'],
  [`\${opt:stage}-\${self:provider.stage}`, 'prod-prod'],
])('stackNameOf reads %s as %s', (written, expected) => {
  expect(stackNameOf({ stage: 'prod' }, withStack(written))).toBe(expected)
})

test('stackNameOf returns the name that the framework gives, and that of --stack', () => {
  const folder = folderWith('serverless.yml', 'service: notes\nprovider: { name: aws }\n')
  expect(stackNameOf({ stage: 'prod' }, folder)).toBe('notes-prod')
  expect(stackNameOf({ stage: 'prod', service: 'shop' }, folder)).toBe('shop-prod')
  expect(stackNameOf({ stage: 'prod', stack: 'mine' }, folder)).toBe('mine')
  expect(() => stackNameOf({ stage: 'prod', stack: 'no/name' }, folder)).toThrow(
    'The name of a stack has only letters, digits and hyphens.',
  )
})

test.each([`my-\${env:NAME}`, `\${opt:stage, \${env:STAGE}}`, `\${file(names.yml):stack}`])(
  'stackNameOf asks for --stack where the name is %s',
  (written) => {
    const folder = withStack(written)
    expect(() => stackNameOf({ stage: 'prod' }, folder)).toThrow(
      'The name of the stack cannot be read from serverless.yml. Give --stack NAME.',
    )
    expect(stackNameOf({ stage: 'prod', stack: 'mine' }, folder)).toBe('mine')
  },
)

test.each([
  ['provider: { name: aws, stackName: }', 'notes-prod'],
  ['provider: aws', 'notes-prod'],
  ['provider:', 'notes-prod'],
  ['custom: {}', 'notes-prod'],
  ['all: &p { stackName: mine }\nprovider: *p', 'mine'],
  ['all: &p { stackName: mine }\nprovider: { <<: *p, name: aws }', 'mine'],
  [`all: &e { A: b }\nprovider: { stackName: mine }\nfunctions: [${'*e, '.repeat(101)}]`, 'mine'],
])('stackNameOf reads the provider of %j: %s', (text, expected) => {
  const folder = folderWith('serverless.yml', `service: notes\n${text}\n`)
  expect(stackNameOf({ stage: 'prod' }, folder)).toBe(expected)
})

test.each([`provider: \${file(provider.yml)}`, 'provider: [aws]'])(
  'stackNameOf asks for --stack where the provider cannot be read: %s',
  (text) => {
    const folder = folderWith('serverless.yml', `service: notes\n${text}\n`)
    expect(() => stackNameOf({ stage: 'prod' }, folder)).toThrow(
      'The name of the stack cannot be read from serverless.yml. Give --stack NAME.',
    )
    expect(stackNameOf({ stage: 'prod', stack: 'mine' }, folder)).toBe('mine')
    expect(stackNameOf({ stage: 'prod', service: 'notes' }, folder)).toBe('notes-prod')
  },
)

const STAGE = { stage: 'prod' }

test.each([
  ['nothing', '', {}, 'notes-prod-auth'],
  ['auth.config.ts', '', { default: { namePrefix: 'ours' } }, 'ours'],
  ['auth.config.ts for the stage', '', { default: { namePrefix: 'ours' }, prod: { namePrefix: 'a' } }, 'a'],
  ['serverless.yml', 'params: { prod: { namePrefix: b } }', { prod: { namePrefix: 'a' } }, 'b'],
  ['both', 'params: { default: { namePrefix: b } }', { prod: { namePrefix: 'a' } }, 'a'],
  [
    'service and stage',
    `params: { default: { namePrefix: "\${self:service}-\${sls:stage}" } }`,
    {},
    'notes-prod',
  ],
])('prefixOf reads the prefix from %s', (_, text, configured, expected) => {
  const folder = folderWith('serverless.yml', `service: notes\n${text}\n`)
  expect(prefixOf(STAGE, folder, configured)).toBe(expected)
  expect(prefixOf({ ...STAGE, namePrefix: 'given' }, folder, configured)).toBe('given')
  // The project of another service is not read.
  expect(prefixOf({ ...STAGE, service: 'shop' }, folder, configured)).toBe('shop-prod-auth')
})

test('prefixOf asks for --name-prefix where it cannot read the parameter, and refuses other names', () => {
  const folder = folderWith('serverless.yml', 'service: notes\n')
  expect(() => prefixOf(STAGE, folder, { prod: { namePrefix: `\${env:NAME}` } })).toThrow(
    'The parameter namePrefix cannot be read. Give --name-prefix NAME.',
  )
  expect(() => prefixOf({ ...STAGE, namePrefix: 'no/name' }, folder)).toThrow(
    'Invalid --name-prefix. Names have only letters, digits and hyphens.',
  )
})

test('serviceOf names a file that is not valid', () => {
  expect(() => serviceOf(undefined, folderWith('serverless.yml', 'service: *missing\n'))).toThrow(
    'serverless.yml cannot be read: Unresolved alias (the anchor must be set before the alias): missing. Give --service NAME.',
  )
})
