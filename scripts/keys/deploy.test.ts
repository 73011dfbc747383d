import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { deployCommandOf } from './deploy.ts'

/** Makes a project of files, and returns its folder. */
function projectOf(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'project-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return folder
}

test.each(['sls deploy', 'tsc && npx osls deploy'])('deployCommandOf takes the script %s', (deploy) => {
  const folder = projectOf({ 'package.json': JSON.stringify({ scripts: { deploy } }) })
  expect(deployCommandOf(folder)).toEqual(['npm', 'run', 'deploy', '--'])
})

test.each(['sls deploy --stage prod', 'sls deploy && ./notify.sh', './deploy.sh'])(
  'deployCommandOf does not take the script %s, which would lose the options',
  (deploy) => {
    const framework = 'node_modules/osls/bin/serverless.js'
    const folder = projectOf({ 'package.json': JSON.stringify({ scripts: { deploy } }), [framework]: '' })
    expect(deployCommandOf(folder)).toEqual([process.execPath, join(folder, framework), 'deploy'])
  },
)

test.each(['serverless', 'osls'])('deployCommandOf takes the framework in the package %s', (name) => {
  const framework = `node_modules/${name}/bin/serverless.js`
  const folder = projectOf({ 'package.json': '{}', [framework]: '', 'inner/serverless.yml': 'service: a' })
  const command = [process.execPath, join(folder, framework), 'deploy']
  expect(deployCommandOf(folder)).toEqual(command)
  expect(deployCommandOf(join(folder, 'inner'))).toEqual(command)
})

test('deployCommandOf refuses a project whose packages are not installed', () => {
  const folder = projectOf({ 'package.json': '{}' })
  expect(() => deployCommandOf(folder)).toThrow(`${folder} has no framework. Install its packages first.`)
})
