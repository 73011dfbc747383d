import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { TestProject } from 'vitest/node'
import { describeApi } from '../../../lib/openapi/document.ts'
import { expectedOf } from './document.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** File that every described answer is written down in; see `test/support/openapi/check.ts`. */
    seenFile: string
  }
}

/**
 * Vitest's global set-up: whatever the API description has and no test has seen fails the run. It cannot be judged
 * unless every test has run, so runs of some files or some tests are not.
 */
export default function setup(project: TestProject) {
  const seenFile = `${project.config.root}/.results/seen-${project.name}-${process.pid}.txt`
  mkdirSync(`${project.config.root}/.results`, { recursive: true })
  writeFileSync(seenFile, '')
  project.provide('seenFile', seenFile)
  return async () => {
    const seen = new Set(readFileSync(seenFile, 'utf8').split('\n'))
    rmSync(seenFile)
    // `npm test` must see all of it: the proofs repeat what these tests show.
    if (project.name !== 'service' || !(await isWhole(project))) return
    const unseen = expectedOf(describeApi('http://localhost', true)).filter((expected) => !seen.has(expected))
    if (unseen.length === 0) return
    // What a teardown throws is printed, and leaves the run's exit code as it is.
    process.exitCode = 1
    throw new Error(`The API description has what no test has seen:\n${unseen.join('\n')}`)
  }
}

async function isWhole(project: TestProject): Promise<boolean> {
  const { testFiles } = await project.globTestFiles()
  const ran = new Set(project.vitest.state.getFiles().map(({ filepath }) => filepath))
  return project.config.testNamePattern === undefined && testFiles.every((file) => ran.has(file))
}
