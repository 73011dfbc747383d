import { dirname, relative } from 'node:path'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/**
 * Runs the tests of the mutated file first, then those of its folder, then the fastest. Vitest runs the slowest first, but
 * StrykerJS needs no other test after one has failed.
 */
export class OwnTestsFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const [mutated = '', ...others] = [this.ctx.config.related ?? []].flat()
    if (mutated === '' || others.length > 0) return super.sort(files)
    const distanceTo = ({ moduleId }: TestSpecification) => {
      if (moduleId === mutated.replace(/\.ts$/, '.test.ts')) return 0
      if (dirname(moduleId) === dirname(mutated)) return 1
      return moduleId.includes('/lib/') ? 2 : 3
    }
    const durationOf = ({ moduleId, project }: TestSpecification) => {
      const key = `${project.name}:${relative(this.ctx.config.root, moduleId)}`
      return this.ctx.cache.getFileTestResults(key)?.duration ?? 0
    }
    return files.toSorted((a, b) => distanceTo(a) - distanceTo(b) || durationOf(a) - durationOf(b))
  }
}
