import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parametersUsedIn } from './parameters.ts'

test('parameters are found in the configuration and in the files that it names, also in a circle', () => {
  const folder = mkdtempSync(join(tmpdir(), 'parameters-'))
  try {
    const own = `a: \${param:currency, 'EUR'}\nb: \${file(more.yml):b}\nc: \${file(missing.yml)}\n`
    writeFileSync(join(folder, 'serverless.yml'), own)
    writeFileSync(join(folder, 'more.yml'), `b: \${param:shard}-\${file(serverless.yml):a}\n`)
    expect([...parametersUsedIn(folder, 'serverless.yml')]).toEqual(['currency', 'shard'])
  } finally {
    rmSync(folder, { recursive: true })
  }
})
