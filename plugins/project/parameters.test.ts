import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Serverless } from '../framework.d.ts'
import { ownParameters, parametersUsedIn } from './parameters.ts'

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

test('in this repository, an unused parameter that is like one of the plugin does not count as own', () => {
  const folder = mkdtempSync(join(tmpdir(), 'parameters-'))
  try {
    writeFileSync(join(folder, 'serverless.yml'), `a: \${param:pageSize}\n`)
    const params = { default: { pageSize: 10, shard: '1' }, prod: { issuers: 'x', pages: 'on' } }
    const serverless = {
      configurationInput: { params },
      configurationFilename: 'serverless.yml',
      serviceDir: folder,
    }
    const { names, notices } = ownParameters(serverless as object as Serverless)
    expect({ names: [...names], notices }).toEqual({ names: ['pageSize', 'shard'], notices: [] })
  } finally {
    rmSync(folder, { recursive: true })
  }
})
