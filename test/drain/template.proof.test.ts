import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { beforeAll, expect, test } from 'vitest'
import { budgetOf } from '../../bench/budgets.ts'
import { type Package, packageProd } from '../infrastructure/packaged.ts'
import { unzip } from '../infrastructure/unzip.ts'
import { ENDPOINT, POOL } from './places.ts'

let off: Package
let on: Package[]

beforeAll(async () => {
  off = await packageProd()
  on = [await packageProd(POOL), await packageProd(ENDPOINT)]
})

const ADDED = ['DrainIamRoleLambdaExecution', 'DrainLambdaFunction']

test('an old place adds a function and its role, and changes only login, its role and its routes', () => {
  for (const { resources } of on) {
    const ids = Object.keys(resources)
    expect(ids.filter((id) => !(id in off.resources) && !/Deployment\w{20,}$/.test(id)).sort()).toEqual(ADDED)
    const changed = ids.filter(
      (id) => id in off.resources && contentOf(resources[id]) !== contentOf(off.resources[id]),
    )
    expect(changed.filter((id) => !/^(Table|Events)$/.test(id)).sort()).toEqual([
      'LoginIamRoleLambdaExecution',
      'LoginLambdaFunction',
    ])
    expect(resources.LoginLambdaFunction?.Properties).toMatchObject({ Timeout: 8 })
    // AWS refuses a reserved concurrency that leaves less than 100 to others.
    expect(resources.DrainLambdaFunction?.Properties).not.toHaveProperty('ReservedConcurrentExecutions')
    expect(resources.DrainLambdaFunction?.Properties).toMatchObject({ Timeout: 5 })
  }
})

test('only login may invoke it, so it runs at most as often at once as login', () => {
  for (const { resources } of on) {
    const ids = Object.keys(resources).filter((id) => contentOf(resources[id]).includes('-auth-drain'))
    expect(ids.sort()).toEqual(['DrainLambdaFunction', 'LoginIamRoleLambdaExecution', 'LoginLambdaFunction'])
  }
})

test('its bundle is within the budget', () => {
  const files = unzip(readFileSync(`${on[0]?.folder}/drain.zip`))
  expect([...files.keys()]).toEqual(['functions/drain/drain.cjs'])
  const bytes = files.get('functions/drain/drain.cjs')?.length
  console.log(`drain has ${bytes} bytes`)
  expect(bytes).toBeLessThanOrEqual(budgetOf('drain').bytes)
})

test('no bundle but that of login depends on it', () => {
  for (const name of ['login-factor', 'password', 'refresh', 'authorizer']) {
    const [before, ...after] = [off, ...on].map(({ folder }) => filesOf(`${folder}/${name}.zip`))
    for (const one of after) expect(one).toEqual(before)
  }
  const names = [off, ...on].map(({ folder }) => [...unzip(readFileSync(`${folder}/login.zip`)).keys()][0])
  expect(names).toEqual([
    'functions/sessions/login.cjs',
    'functions/drain/login.cjs',
    'functions/drain/login.cjs',
  ])
})

/** Returns a resource without what differs in each package: hashes and times. */
const contentOf = (resource: unknown) =>
  JSON.stringify(resource).replace(/serverless\/[^"]*\/\d{13}-[^"]*?\//g, '')

const filesOf = (path: string) =>
  [...unzip(readFileSync(path))].map(([name, content]) => [name, hash('sha256', content)])
