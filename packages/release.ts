import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

// Says whether a tag may be published, in the folder that it is called in: `node packages/release.ts v0.2.0`.

const MANIFESTS = ['package.json', 'packages/create-serverless-jwt-auth/package.json']

/** Returns what forbids the release of a tag, one line for each. */
function faultsOf(tag: string): string[] {
  const version = tag.replace(/^v/, '')
  const faults = MANIFESTS.flatMap((file) => {
    const { version: own } = JSON.parse(readFileSync(file, 'utf8'))
    return own === version ? [] : [`The tag is ${tag}, and ${file} has the version ${own}.`]
  })
  const heading = `## ${version}, `
  const headings = readFileSync('CHANGELOG.md', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith(heading))
  if (!headings.some((line) => /^\d{4}-\d\d-\d\d$/.test(line.slice(heading.length)))) {
    faults.push(`CHANGELOG.md has no heading "## ${version}, YYYY-MM-DD".`)
  }
  const { status } = spawnSync('git', ['merge-base', '--is-ancestor', 'HEAD', 'origin/main'])
  if (status !== 0) faults.push('The branch main does not have this commit.')
  return faults
}

const [tag = ''] = process.argv.slice(2)
for (const fault of faultsOf(tag)) {
  console.error(fault)
  process.exitCode = 1
}
