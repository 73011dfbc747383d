import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parse } from 'yaml'
import { root } from '../support/process/service-description.ts'

// The release of a tag: what is checked before, and what may publish.

const CREATE = 'packages/create-serverless-jwt-auth'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'release-'))
  git('init', '-q', '-b', 'main')
  mkdirSync(join(folder, CREATE), { recursive: true })
  write('package.json', '{"version":"0.2.0"}')
  write(`${CREATE}/package.json`, '{"version":"0.2.0"}')
  write('CHANGELOG.md', '# Changelog\n\n## 0.2.0, 2026-12-24\n\n## 0.1.0, 2026-12-01\n')
  commit()
  git('update-ref', 'refs/remotes/origin/main', 'HEAD')
})
afterEach(() => rmSync(folder, { recursive: true }))

test('a tag of the version, on main, with its changes described, may be published', () => {
  expect(check('v0.2.0')).toEqual({ status: 0, stderr: '' })
  // Later commits of main do not matter.
  commit()
  git('update-ref', 'refs/remotes/origin/main', 'HEAD')
  git('checkout', '-q', 'HEAD~1')
  expect(check('v0.2.0')).toEqual({ status: 0, stderr: '' })
})

test('a tag with another version, without changes or off main may not, and each fault is named', () => {
  write(`${CREATE}/package.json`, '{"version":"0.1.0"}')
  write('CHANGELOG.md', '# Changelog\n\n## 0.2.0, unreleased\n')
  commit()
  expect(check('v0.2.0')).toEqual({
    status: 1,
    stderr: [
      `The tag is v0.2.0, and ${CREATE}/package.json has the version 0.1.0.`,
      'CHANGELOG.md has no heading "## 0.2.0, YYYY-MM-DD".',
      'The branch main does not have this commit.',
      '',
    ].join('\n'),
  })
  expect(check('v0.2')).toMatchObject({ status: 1 })
  expect(check('')).toMatchObject({ status: 1 })
})

interface Job {
  permissions?: Record<string, string>
  steps: { uses?: string; run?: string }[]
}

const workflow: { on: object; permissions: object; jobs: Record<string, Job> } = parse(
  readFileSync(`${root}/.github/workflows/publish.yml`, 'utf8'),
)
const { pack, publish } = workflow.jobs

test('workflows name the actions of others by commit, because a tag can move', () => {
  const folder = `${root}/.github/workflows`
  const texts = readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'))
  const uses = texts.flatMap((text) => text.match(/(?<=uses: ).*/g) ?? [])
  expect(uses.length).toBeGreaterThan(4)
  for (const one of uses) expect(one).toMatch(/^actions\/[\w-]+@[\da-f]{40} # v\d+\.\d+\.\d+$/)
})

test('the workflow checks the tag and runs all tests before it packs', () => {
  expect(workflow.on).toEqual({ push: { tags: ['v*'] } })
  const lines = (pack?.steps ?? []).flatMap(({ run }) => run ?? [])
  const order = ['node packages/release.ts "$GITHUB_REF_NAME"', '.ci/run', 'npm run build:package'].map(
    (line) => lines.indexOf(line),
  )
  expect(order).toEqual([...order].sort((a, b) => a - b))
  expect(order).not.toContain(-1)
  expect(lines.at(-1)).toMatch(/^npm pack /)
})

test('only the job that publishes archives gets an identity, and it runs no other code', () => {
  expect(workflow.permissions).toEqual({ contents: 'read' })
  expect(pack?.permissions).toBeUndefined()
  expect(publish?.permissions).toEqual({ contents: 'read', 'id-token': 'write' })
  expect(publish?.steps.map(({ uses }) => uses?.replace(/@.*/, ''))).toEqual([
    'actions/setup-node',
    'actions/download-artifact',
    undefined,
    undefined,
  ])
  const lines = (name: string) =>
    `[ -n "$(npm view "${name}@\${GITHUB_REF_NAME#v}" version)" ] ||
  npm publish --provenance --access public ./${name}-*.tgz
`
  expect(publish?.steps.flatMap(({ run }) => run ?? [])).toEqual([
    lines('serverless-jwt-auth'),
    lines('create-serverless-jwt-auth'),
  ])
  expect(JSON.stringify(workflow)).not.toContain('secrets.')
})

const write = (file: string, text: string) => writeFileSync(join(folder, file), text)

const git = (...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.org', ...args], { cwd: folder })

function commit() {
  git('add', '-A')
  git('commit', '-qm', 'release', '--allow-empty')
}

function check(tag: string) {
  const { status, stderr } = spawnSync(process.execPath, [`${root}/packages/release.ts`, tag], {
    cwd: folder,
    encoding: 'utf8',
  })
  return { status, stderr }
}
