import { readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { expect, test } from 'vitest'
import { ROWS } from '../../lib/openapi/routes/rows.ts'
import { replacementsIn } from '../package/replacements.ts'
import { type Package, packageChangedProd, packageWithoutConsole } from './packaged.ts'
import { unzip } from './unzip.ts'

// What the console, act-as and events on a bus add to a deployment, and that `off` leaves nothing of them.

const [on, off] = await Promise.all([packageChangedProd(), packageWithoutConsole()])

/** Words of them. CloudFormation, Lambda and alarms have other events, and a console of AWS. */
const OF_CONSOLE = /admin-?(api|console|read|change|danger)|ConsoleLambda|act-?as|event-?bus|publish-?events/i

const isDeployment = (id: string) => id.startsWith('ApiGatewayDeployment')

test('they add resources, and take none away', () => {
  const added = Object.keys(on.resources).filter((id) => !(id in off.resources))
  const lost = Object.keys(off.resources).filter((id) => !(id in on.resources))
  expect(lost.filter((id) => !isDeployment(id))).toEqual([])
  console.log(`${added.length} resources: ${added.join(' ')}`)
  expect(added).toContain('AdminDashdangerLambdaFunction')
  expect(added.length).toBeLessThanOrEqual(45)
})

test('without them, the template has nothing of them', () => {
  const text = readFileSync(`${off.folder}/cloudformation-template-update-stack.json`, 'utf8')
  expect(
    JSON.stringify(JSON.parse(text)).match(new RegExp(`.{40}(${OF_CONSOLE.source}).{40}`, 'gi')),
  ).toBeNull()
  const rows = ROWS.filter(({ needs }) =>
    ['console', 'actAs'].some((name) => [needs].flat().includes(name as never)),
  )
  expect(rows.length).toBeGreaterThan(15)
})

// "StreamSpecification: Update requires: No interruption", as ResourcePolicy and all others but those of `replacementsIn`:
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-table.html
test('eventBus turned on, or off again, changes only the stream of the table of events and replaces no table', () => {
  const tablesOf = ({ resources }: Package) =>
    Object.fromEntries(Object.entries(resources).filter(([, { Type }]) => Type === 'AWS::DynamoDB::Table'))
  const [before, after] = [off, on].map(tablesOf)
  expect(Object.keys(before ?? {}).toSorted()).toEqual(['Events', 'Table'])
  expect(replacementsIn(before ?? {}, after ?? {})).toEqual([])
  expect(replacementsIn(after ?? {}, before ?? {})).toEqual([])
  const changesOf = (id: string) => {
    const [one = {}, other = {}] = [before, after].map((tables) => tables?.[id]?.Properties)
    const names = new Set([...Object.keys(one), ...Object.keys(other)])
    return [...names].filter((name) => !isDeepStrictEqual(one[name], other[name]))
  }
  // The policy of a table names the role of each function.
  expect(changesOf('Table')).toEqual(['ResourcePolicy'])
  expect(changesOf('Events').toSorted()).toEqual(['ResourcePolicy', 'StreamSpecification'])
  expect(before?.Events?.Properties.StreamSpecification).toBeUndefined()
  expect(after?.Events?.Properties.StreamSpecification).toEqual({ StreamViewType: 'NEW_IMAGE' })
})

/** Functions whose bundle is another one with them, each with the reason. */
const OTHER_BUNDLES: Record<string, string> = {
  openapi: 'It describes the routes of the console.',
  authorizer: 'It verifies the tokens of acts.',
}

test('all other functions have the same bundle and the same role', () => {
  const names = Object.keys(off.resources).flatMap((id) => /^(.+)LambdaFunction$/.exec(id)?.[1] ?? [])
  expect(names.length).toBeGreaterThan(35)
  const differing = names.filter((name) => bundleOf(on, name) !== bundleOf(off, name))
  expect(differing.map(keyOf).toSorted()).toEqual(Object.keys(OTHER_BUNDLES).toSorted())
  for (const name of names) {
    const role = `${name}IamRoleLambdaExecution`
    if (keyOf(name) in OTHER_BUNDLES) expect(bundleOf(off, name)).not.toMatch(/\/(admin-api|act-as)/)
    else expect(on.resources[role]?.Properties.Policies).toEqual(off.resources[role]?.Properties.Policies)
  }
})

const keyOf = (name: string) => name.replace('Dash', '-').replace(/^./, (first) => first.toLowerCase())

function bundleOf({ folder }: Package, name: string): string {
  const files = unzip(readFileSync(`${folder}/${keyOf(name)}.zip`))
  const [, bundle] = [...files].find(([file]) => file.endsWith('.cjs')) ?? []
  return String(bundle)
}
