import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { packageChangedProd, packageProd } from './packaged.ts'

/** A finding of `cfn-lint --format json`. */
interface Finding {
  Level: 'Error' | 'Warning' | 'Informational'
  Message: string
  Rule: { Id: string }
  Location: { Path: (string | number)[] }
}

// Debian has no package of it, so `.ci/run` cannot install it.
const isInstalled = spawnSync('cfn-lint', ['--version']).status === 0
if (!isInstalled) console.warn('cfn-lint is skipped: `pip install cfn-lint` installs it.')

test.skipIf(!isInstalled)(
  'cfn-lint finds no error in a default package, nor in one with everything on',
  async () => {
    const folders = (await Promise.all([packageProd(), packageChangedProd()])).map(({ folder }) => folder)
    const templates = folders.map((folder) => {
      const text = readFileSync(`${folder}/cloudformation-template-update-stack.json`, 'utf8')
      // The framework sends the template without spaces.
      writeFileSync(`${folder}/sent-template.json`, JSON.stringify(JSON.parse(text)))
      return `${folder}/sent-template.json`
    })
    const { stdout, stderr } = spawnSync('cfn-lint', ['--format', 'json', '--', ...templates], {
      encoding: 'utf8',
    })
    const findings: Finding[] = JSON.parse(stdout || `"${stderr}"`)
    console.log(`cfn-lint: ${findings.length} findings`)
    // The framework writes dependencies that references have already. A run that found nothing would have read nothing.
    expect(findings).toContainEqual(expect.objectContaining({ Level: 'Warning' }))
    const errors = findings.filter(({ Level }) => Level === 'Error')
    expect(errors.map(({ Rule, Message, Location }) => [Rule.Id, Message, Location.Path.join('.')])).toEqual(
      [],
    )
  },
)
