import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import dynalite from 'dynalite'
import { expect, onTestFinished, test } from 'vitest'
import { root } from '../support/process/service-description.ts'
import { type Configuration, foreignProject, packagedTwice } from './foreign.ts'
import { callDynamoDb, startOffline } from './offline.ts'
import { PACKAGES, PLUGINS, versions } from './others.ts'
import { signIn } from './project.ts'
import { expectSame, isDeployment } from './same.ts'

test.each(PLUGINS)('%s works beside this one', async (name) => {
  const project = foreignProject(`plugins/${name}`, PACKAGES)
  onTestFinished(() => project.remove())
  const [before, after] = await packagedTwice(project)
  // It moves resources into other stacks, those of the package too.
  if (name !== 'serverless-plugin-split-stacks')
    expect(expectSame(before, after).resources).toBeGreaterThan(5)
  expect(Object.keys(after.Resources)).toEqual(
    expect.arrayContaining(Object.keys(before.Resources).filter((id) => !isDeployment(id))),
  )

  const others = await startOthers(name)
  project.write((configuration) => {
    Object(configuration.functions.orders).events[0].http.authorizer = 'auth'
    others.point(configuration)
  })
  const invoked = await project.run(['invoke', 'local', '-f', 'orders'])
  expect(JSON.parse(invoked.stdout), invoked.stderr).toMatchObject({ statusCode: 200 })
  const { url, output, stop } = await startOffline(project)
  onTestFinished(stop)
  expect((await fetch(`${url}/mine`)).status).toBe(401)
  const get = await signIn(url, 'user')
  expect(await get('/mine'), output()).toMatchObject({ status: 200, body: { username: 'user' } })
  expect(await others.tables()).toEqual(
    name === 'serverless-dynamodb' ? ['shop-dev', 'shop-dev-auth', 'shop-dev-auth-events'] : [],
  )
})

test('the table of OWN-PROJECT.md has each of these plugins and its version', () => {
  const document = readFileSync(join(root, 'docs/OWN-PROJECT.md'), 'utf8')
  const rows = [...document.matchAll(/^\| `(serverless-[\w-]+)` \| ([\d.]+) \|/gm)].map(([, ...row]) => row)
  expect(rows).toEqual(PLUGINS.map((name) => [name, versions()[name]]))
  console.log(`${rows.length} plugins`)
})

/** Starts the database into which serverless-dynamodb puts the tables of the project. The package has another one for its own. */
async function startOthers(name: string) {
  if (name !== 'serverless-dynamodb') return { point: () => {}, tables: async () => [] }
  const server = dynalite({ createTableMs: 0 })
  await once(server.listen(0, 'localhost'), 'listening')
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  return {
    point: ({ custom }: Configuration) => Object.assign(Object(custom[name]).start, { port }),
    tables: async () => Object(await callDynamoDb(`http://localhost:${port}`, 'ListTables')).TableNames,
  }
}
