import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { afterAll, expect, test } from 'vitest'
import { ROWS } from '../../lib/openapi/routes/rows.ts'
import { sampleEvent } from '../support/http/lambda.ts'
import { describeService, root } from '../support/process/service-description.ts'
import { type Package, packageChangedProd, packageWithoutFederation } from './packaged.ts'
import { invokeBundle, unpack } from './run-bundle.ts'
import { unzip } from './unzip.ts'

// What `federation=on` adds to a deployment, and that `off` leaves nothing of it.

const [on, off] = await Promise.all([packageChangedProd(), packageWithoutFederation()])
mkdirSync(`${root}/.results`, { recursive: true })
const folder = mkdtempSync(`${root}/.results/pages-`)
afterAll(() => rmSync(folder, { recursive: true }))

/** Words of it. The gateway has an `identity` of each request. */
const OF_FEDERATION = /federat|provider|(?<!\$context\.)identit/i

test('federation=on adds 23 resources, an alarm, and preflights for listed origins, and takes none away', () => {
  const added = Object.keys(on.resources).filter((id) => !(id in off.resources))
  const lost = Object.keys(off.resources).filter((id) => !(id in on.resources))
  // The name of a deployment is a hash of the API.
  const isDeployment = (id: string) => id.startsWith('ApiGatewayDeployment')
  expect(lost.filter((id) => !isDeployment(id))).toEqual([])
  const isFurther = (id: string) => id === 'ProviderFailuresAlarm' || /^ApiGatewayMethod.*Options$/.test(id)
  const own = added.filter((id) => !isDeployment(id) && !isFurther(id))
  console.log(`${own.length} resources`)
  expect(own).toContain('FederationLambdaFunction')
  expect(own.length).toBeLessThanOrEqual(23)
  expect(added.filter(isFurther).length).toBe(3)
})

test('the template of federation=off has nothing of it', () => {
  const template = JSON.parse(readFileSync(`${off.folder}/cloudformation-template-update-stack.json`, 'utf8'))
  // A login token of a sign-in with a provider names it, and the functions of the second step read it. The others are of API Gateway
  // and SES.
  const text = JSON.stringify(template)
    .replaceAll('"first","provider",', '')
    .replaceAll(/Identity(Source|ValidationExpression)|:identity\/\*/g, '')
  expect(text.match(new RegExp(`.{40}(${OF_FEDERATION.source}).{40}`, 'gi'))).toBeNull()
  const own = ROWS.filter(({ needs }) => [needs].flat().includes('federation'))
  expect(own.length).toBeGreaterThan(5)
  expect(namesOf(off)).toEqual(namesOf(on).filter((name) => !/Federation|Dashidentity|Identities/.test(name)))
})

const namesOf = ({ resources }: Package) =>
  Object.keys(resources).filter((id) => resources[id]?.Type === 'AWS::Lambda::Function')

const { functions } = describeService()
const KEYS = { '/signin': 'signin', '/account': 'signin', '/confirm': 'account-pages' } as const
const EVENTS = { '/signin': 'signin', '/account': 'GET /account', '/confirm': 'GET /confirm' } as const

/** Returns the responses of a page and of its files, of the bundle in a package. */
async function responsesOf(of: Package, path: keyof typeof KEYS) {
  const key = KEYS[path]
  const files = unzip(readFileSync(`${of.folder}/${key}.zip`))
  const [bundle = ''] = [...files.keys()].filter((name) => name.endsWith('.cjs'))
  const unpacked = `${folder}/${of === on ? 'on' : 'off'}-${key}`
  unpack(files, unpacked)
  const { Variables } = Object(of.resources[`${idOf(key)}LambdaFunction`]?.Properties.Environment)
  const get = async (event: object) => {
    const { returned } = await invokeBundle(`${unpacked}/${bundle}`, event, Variables)
    return Object(returned) as { statusCode: number; body: string }
  }
  const sample = sampleEvent(EVENTS[path])
  const page = await get(sample)
  const names = [...page.body.matchAll(/(?:href|src)="(?:signin|confirm)\/([^"]+\.js)"/g)]
  const scripts = names.map(([, file]) => get({ ...sample, pathParameters: { file } }))
  const provider = { ...sampleEvent('GET /signin/{file}'), pathParameters: { file: 'google' } }
  return {
    bundle,
    texts: [page, ...(await Promise.all(scripts))].map(({ body }) => body),
    atProvider: key === 'signin' ? (await get(provider)).statusCode : undefined,
  }
}

const idOf = (key: string) => key.replace(/^./, (first) => first.toUpperCase()).replace('-', 'Dash')

test.each(['/signin', '/account', '/confirm'] as const)(
  'only with federation=on, the responses of %s have something of it',
  async (path) => {
    const [withIt, without] = [await responsesOf(on, path), await responsesOf(off, path)]
    expect(withIt.bundle).toBe(functions[KEYS[path]]?.handler.replace('.handler', '.cjs'))
    expect(without.bundle).not.toContain('federation')
    expect(withIt.texts.some((text) => OF_FEDERATION.test(text))).toBe(true)
    expect(without.texts.length).toBeGreaterThan(1)
    for (const text of without.texts) expect(text).not.toMatch(OF_FEDERATION)
    if (path === '/signin') expect([withIt.atProvider, without.atProvider]).toEqual([200, 404])
  },
)
