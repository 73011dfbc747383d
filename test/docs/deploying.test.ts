import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ADA, service, startAws } from '../support/faults/aws.ts'
import { startProxy } from '../support/faults/proxy.ts'
import { loadHandler } from '../support/handlers.ts'
import { lambdaContext, loginEvent } from '../support/lambda.ts'
import { root } from '../support/service-description.ts'

const page = readFileSync(`${root}/docs/DEPLOYING.md`, 'utf8')

/** Returns the cells of the table whose first heading is given, without its head. */
function table(heading: string): string[][] {
  const lines = page.split('\n')
  const start = lines.findIndex((line) => line.startsWith(`| ${heading} |`))
  const length = lines.slice(start).indexOf('')
  return lines.slice(start + 2, start + length).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
}

test('DEPLOYING.md lists every parameter with its default in serverless.yml', () => {
  const { params } = service
  const written = (value: unknown) => (value === null || value === '' ? 'nothing' : `\`${value}\``)
  const expected = Object.entries(params.default ?? {}).map(([name, value]) => {
    const inDev = params.dev && name in params.dev ? `; ${written(params.dev[name])} in \`dev\`` : ''
    return [`\`${name}\``, `${written(value)}${inDev}`]
  })
  const shown = table('Parameter').map(([name, value]) => [name, value])
  expect(shown.sort()).toEqual(expected.sort())
})

const costs = table('Of what')
const dollars = (text = '') => Number(/\$([\d.]+)/.exec(text)?.[1])

test('the costs in DEPLOYING.md are sums of quantity times price', () => {
  const sums = costs.at(-1)?.slice(2).map(dollars)
  const columns = sums?.map((_, column) =>
    costs.slice(0, -1).map(([what, price, ...cells]) => {
      const [quantity, cost] = (cells[column] ?? '').split(' = ')
      expect(Math.abs(Number(quantity) * dollars(price) - dollars(cost)), what).toBeLessThanOrEqual(0.0051)
      return dollars(cost)
    }),
  )
  expect(columns?.map((column) => column.reduce((sum, cost) => sum + cost, 0).toFixed(2))).toEqual(
    sums?.map((sum) => sum.toFixed(2)),
  )
})

test('a warm login makes the calls that DEPLOYING.md counts', async () => {
  const aws = await startAws()
  const { dynamodb, kms } = aws.settings.endpoints
  const proxies = { dynamodb: await startProxy(dynamodb), kms: await startProxy(kms) }
  const endpoints = { ...aws.settings.endpoints, dynamodb: proxies.dynamodb.url, kms: proxies.kms.url }
  const login = await loadHandler(service, 'login', { ...aws, settings: { ...aws.settings, endpoints } })
  const signIn = () => login(loginEvent({ body: JSON.stringify(ADA) }), lambdaContext())
  await signIn()
  for (const { calls } of Object.values(proxies)) calls.length = 0
  expect(await signIn()).toMatchObject({ statusCode: 200 })
  // The name and the mark, the profile; the session; three counters, twice.
  const counters = Array(6).fill('UpdateItem')
  expect(proxies.dynamodb.calls.sort()).toEqual(['BatchGetItem', 'BatchGetItem', 'PutItem', ...counters])
  expect(proxies.kms.calls).toEqual(['Sign'])
  const perLogin = (what: string) => costs.find(([name]) => name === what)?.[2]?.split(' = ')[0]
  expect(['Read units', 'Write units', 'RSA-2048 signatures'].map(perLogin)).toEqual(['3', '7', '1'])
  for (const proxy of Object.values(proxies)) proxy.close()
  aws.stop()
})
