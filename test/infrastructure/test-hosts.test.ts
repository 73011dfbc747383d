import { readFileSync } from 'node:fs'
import { type BuildOptions, build } from 'esbuild'
import { beforeAll, describe, expect, test } from 'vitest'
import { localBuild } from '../../local/reload.ts'
import { describeService, root } from '../support/process/service-description.ts'
import { type Package, packageChangedProd, packageDev } from './packaged.ts'
import { unzip } from './unzip.ts'

// `npm start` has hosts under `.test` in the place of the internet. A deployment has no switch for that.

/** What only the local network of documents contains. */
const OF_TEST_HOSTS = /TEST_HOSTS|\.test\b(?!\()|8443|9\.9\.9\.9/

let packages: Package[]
beforeAll(async () => {
  packages = await Promise.all([packageDev(), packageChangedProd()])
})

describe('a deployment', () => {
  test('has no hosts under .test in the bundle that fetches documents, nor in that which has them fetched', () => {
    for (const of of packages) {
      const bundle = bundleIn(of, 'fetch-client')
      expect(bundle).toContain('node:dns/promises')
      expect(OF_TEST_HOSTS.exec(bundle)?.[0]).toBeUndefined()
      expect(bundleIn(of, 'approve')).not.toContain('TEST_HOSTS')
    }
  })

  test('has no variable for them, in any function', () => {
    for (const { resources } of packages) {
      const functions = Object.values(resources).filter(({ Type }) => Type === 'AWS::Lambda::Function')
      const names = functions.flatMap(({ Properties }) =>
        Object.keys(Object(Properties.Environment).Variables),
      )
      expect(names).toContain('CLIENT_METADATA_HOSTS')
      expect(names.filter((name) => /TEST|HOST|PORT|(?<!PUBLI)CA$|NODE/.test(name))).toEqual(
        names.filter((name) => name === 'CLIENT_METADATA_HOSTS'),
      )
      expect(JSON.stringify(resources)).not.toContain('TEST_HOSTS')
    }
  })
})

test('the local service has them', async () => {
  const handler = String(describeService().functions['fetch-client']?.handler)
  const { plugins = [], ...options } = localBuild([handler], []) as object as BuildOptions
  const { outputFiles } = await build({
    ...options,
    sourcemap: false,
    plugins: plugins.filter(({ name }) => name === 'test-hosts'),
    entryPoints: [`${root}/${handler.replace(/\.handler$/, '.ts')}`],
    bundle: true,
    platform: 'node',
    write: false,
  })
  const [{ text = '' } = {}] = outputFiles ?? []
  expect([text.includes('TEST_HOSTS_PORT'), text.includes('node:dns/promises')]).toEqual([true, true])
})

/** Returns the file of a packaged function. */
const bundleIn = ({ folder }: Package, functionKey: string): string =>
  [...unzip(readFileSync(`${folder}/${functionKey}.zip`)).entries()]
    .filter(([name]) => name.endsWith('.cjs'))
    .map(([, content]) => content.toString())
    .join('')
