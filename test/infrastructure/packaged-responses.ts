import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { sampleEvent } from '../support/http/lambda.ts'
import { root } from '../support/process/service-description.ts'
import type { Package } from './packaged.ts'
import { invokeBundle, unpack } from './run-bundle.ts'
import { unzip } from './unzip.ts'

mkdirSync(`${root}/.results`, { recursive: true })
const folder = mkdtempSync(`${root}/.results/pages-`)

/** Removes the bundles that {@link responseOf} has unpacked. */
export const removeUnpacked = () => rmSync(folder, { recursive: true })

/** Returns the response to an event, and the scripts that it loads, of the bundle in a package. */
export async function responseOf(of: Package, key: string, event: string) {
  const files = unzip(readFileSync(`${of.folder}/${key}.zip`))
  const [bundle = ''] = [...files.keys()].filter((name) => name.endsWith('.cjs'))
  const unpacked = mkdtempSync(`${folder}/bundle-`)
  unpack(files, unpacked)
  const id = key.replace(/^./, (first) => first.toUpperCase()).replaceAll('-', 'Dash')
  const { Variables } = Object(of.resources[`${id}LambdaFunction`]?.Properties.Environment)
  const get = async (sample: object) => {
    const { returned } = await invokeBundle(`${unpacked}/${bundle}`, sample, Variables)
    return Object(returned) as { statusCode: number; body: string }
  }
  const sample = sampleEvent(event)
  const response = await get(sample)
  const scripts = [...response.body.matchAll(/src="[\w-]+\/([^"]+\.js)"/g)].map(([, file]) =>
    get({ ...sample, pathParameters: { file } }),
  )
  return { bundle, texts: [response, ...(await Promise.all(scripts))].map(({ body }) => body) }
}
