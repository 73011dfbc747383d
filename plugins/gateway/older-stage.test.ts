import type { DescribeStackResourceCommand } from '@aws-sdk/client-cloudformation'
import { beforeEach, expect, test, vi } from 'vitest'
import type { Serverless } from '../framework.d.ts'

beforeEach(() => {
  vi.resetModules()
  vi.doMock('../../project/origin.ts', () => ({ IS_PACKAGE: true }))
  return () => vi.doUnmock('../../project/origin.ts')
})

test.each([
  ['an API without a stage of the plugin', ['ApiGatewayRestApi'], true],
  ['an API with one', ['ApiGatewayRestApi', 'ApiGatewayStage'], false],
  ['no API', ['Queue'], false],
  ['no stack', [], false],
  ['a stack that may not be read', undefined, false],
])('a deployment of %s has an older stage: %j, %j', async (_, resources, expected) => {
  const { hasOlderStage } = await import('./older-stage.ts')
  expect(await hasOlderStage(projectWith(resources))).toBe(expected)
})

test('sls package does not call AWS', async () => {
  const { hasOlderStage } = await import('./older-stage.ts')
  expect(await hasOlderStage(projectWith(['ApiGatewayRestApi'], ['package']))).toBe(false)
})

/** A project with a deployed stack of these resources, or one that may not be read. */
const projectWith = (resources: string[] | undefined, commands = ['deploy']) =>
  ({
    processedInput: { commands },
    getProvider: () => ({
      naming: { getStackName: () => 'my-stack' },
      getCloudFormationClient: async () => ({
        send: async ({ input }: DescribeStackResourceCommand) => {
          if (resources === undefined) throw new Error('User is not authorized to perform this')
          if (input.StackName === 'my-stack' && resources.includes(String(input.LogicalResourceId))) return {}
          throw new Error(`Resource ${input.LogicalResourceId} does not exist for stack ${input.StackName}`)
        },
      }),
    }),
  }) as object as Serverless
