import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { type Package, packageChangedProd, packageDev, packageProd } from './packaged.ts'

/**
 * Where a text of a template may be empty. Anywhere else, the schemas of CloudFormation's resources may ask for one character or more,
 * such as that of `AWS::CloudWatch::Alarm` for each of its actions.
 */
const MAY_BE_EMPTY = [
  /\.Environment\.Variables\.\w+$/,
  // What stands between the parts.
  /\.Fn::Join\.0$/,
  // A body of nothing: of a preflight.
  /\.ResponseTemplates\.application\/json$/,
  // Takes the policy of the API away.
  /^ApiGatewayRestApi\.Policy$/,
]

test.each([
  ['prod', packageProd],
  ['prod with other parameters', packageChangedProd],
  ['dev', packageDev],
])('no property of a resource in %s is an empty text, not even in the branch not taken', async (_, make) => {
  const places = Object.entries(writtenIn(await make())).flatMap(([id, { Properties }]) =>
    emptyTexts(Properties, id),
  )
  expect(places.length).toBeGreaterThan(50)
  expect(places.filter((place) => !MAY_BE_EMPTY.some((pattern) => pattern.test(place)))).toEqual([])
})

/** Returns the places of empty texts in a part of a template, such as `KeyA.Description`. */
function emptyTexts(node: unknown, place: string): string[] {
  if (node === '') return [place]
  if (typeof node !== 'object' || node === null) return []
  return Object.entries(node).flatMap(([name, value]) => emptyTexts(value, `${place}.${name}`))
}

/** The template with its conditions: CloudFormation holds both branches against the schema. */
const writtenIn = ({ folder }: Package): Record<string, { Properties?: unknown }> =>
  JSON.parse(readFileSync(`${folder}/cloudformation-template-update-stack.json`, 'utf8')).Resources
