import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { tableIn } from '../docs/table.ts'
import { root } from '../support/process/service-description.ts'
import { emptyFolder, output, run } from './project.ts'

// What OWN-PROJECT.md says of a project of the Serverless Framework 3: each row fails as it was, and works after the change.

const page = readFileSync(join(root, 'docs/OWN-PROJECT.md'), 'utf8')
const rows = tableIn(page, 'Serverless 3')

test.each([
  ["frameworkVersion: '3'", "frameworkVersion: '4'", 'does not satisfy the "frameworkVersion" (3)'],
  ['runtime: nodejs18.x', 'runtime: nodejs22.x', "'provider.runtime': must be equal to one of"],
  [
    'package: { exclude: [test/**] }',
    "package: { patterns: ['!test/**'] }",
    "unrecognized property 'exclude'",
  ],
  ['org: acme', '', "unrecognized property 'org'"],
  ['lambdaHashingVersion: 20201221', '', "unrecognized property 'lambdaHashingVersion'"],
  ['plugins: [own@1]', 'plugins: [own]', 'must list package names, not versioned install specs'],
  ['extra: 1', 'configValidationMode: warn', "unrecognized property 'extra'"],
])('%s becomes %j', async (before, after, message) => {
  const [shown, replaced] = rows.find(([one]) => one?.includes(`\`${before}\``)) ?? []
  expect([shown, replaced].join()).toContain(after)
  const folder = serviceFolder()
  const { status, stdout } = await packageWith(folder, before)
  expect([status, stdout]).toEqual([1, expect.stringContaining(message)])
  const isMode = after.startsWith('configValidationMode')
  expect(await packageWith(folder, isMode ? `${before}\n${after}` : after)).toMatchObject({ status: 0 })
})

test('npm installs a plugin that wants Serverless 3 with the overrides of the table', async () => {
  const [, overrides = ''] = /"overrides": (\{ "serverless": [^}]*\})/.exec(rows.flat().join('\n')) ?? []
  const folder = serviceFolder()
  const plugin = { name: 'plugin', version: '1.0.0', peerDependencies: { serverless: '^2 || ^3' } }
  writeFileSync(join(folder, 'node_modules/own/package.json'), JSON.stringify(plugin))
  await output('npm pack ./node_modules/own', folder)
  const install = async (more: object) => {
    const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    const { serverless } = devDependencies
    const manifest = { devDependencies: { serverless, plugin: 'file:plugin-1.0.0.tgz' }, ...more }
    writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
    return await run('npm install --package-lock-only', folder)
  }
  expect(await install({})).toMatchObject({ status: 1, stderr: expect.stringContaining('ERESOLVE') })
  expect(await install({ overrides: JSON.parse(overrides) })).toMatchObject({ status: 0 })
})

/** Makes a folder with a handler and a plugin. */
function serviceFolder(): string {
  const { folder, remove } = emptyFolder()
  onTestFinished(remove)
  writeFileSync(join(folder, 'orders.js'), 'exports.list = async () => ({ statusCode: 200 })\n')
  mkdirSync(join(folder, 'node_modules/own'), { recursive: true })
  writeFileSync(join(folder, 'node_modules/own/index.js'), 'module.exports = class {}\n')
  return folder
}

/** Packages a small service with some lines, which stand in `provider` if they are its own. */
async function packageWith(folder: string, lines: string) {
  const isOfProvider = /^(runtime|lambdaHashingVersion)/.test(lines)
  const provider = ['name: aws', 'region: eu-central-1', ...(isOfProvider ? [lines] : [])]
  if (!lines.startsWith('runtime')) provider.push('runtime: nodejs22.x')
  const yml = `service: shop
provider: { ${provider.join(', ')} }
functions: { orders: { handler: orders.list } }
${isOfProvider ? '' : lines}
`
  writeFileSync(join(folder, 'serverless.yml'), yml)
  const sls = join(root, 'node_modules/serverless/bin/serverless.js')
  return await run(`"${process.execPath}" "${sls}" package`, folder)
}
