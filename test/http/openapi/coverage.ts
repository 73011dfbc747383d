import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { TestProject } from 'vitest/node'
import { describeTested, expectedOf } from './document.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** File with every response that a test has seen; see `test/http/openapi/check.ts`. */
    seenFile: string
  }
}

/**
 * Vitest's global set-up. Fails a run of all tests if no test has seen one of the described responses.
 * A run of some files or some tests does not check this.
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
    const unseen = expectedOf(describeTested('http://localhost')).filter((expected) => !seen.has(expected))
    if (unseen.length === 0) return
    // Vitest prints an error that a teardown throws, and does not change the exit code. Its reports do not have it, so `.ci/run`
    // reads it from the file.
    process.exitCode = 1
    const message = `No test has seen these responses of the API description:\n${unseen.join('\n')}`
    writeFileSync(`${project.config.root}/.results/unseen.txt`, `${message}\n`)
    throw new Error(message)
  }
}

/** Whether a run has all test files of a project, and all of their tests. */
export async function isWhole(project: TestProject): Promise<boolean> {
  const { testFiles } = await project.globTestFiles()
  const ran = new Set(project.vitest.state.getFiles().map(({ filepath }) => filepath))
  return project.config.testNamePattern === undefined && testFiles.every((file) => ran.has(file))
}
