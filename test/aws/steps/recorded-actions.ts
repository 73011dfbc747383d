import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { covers } from '../../infrastructure/deployer-policy/covers.ts'
import { root } from '../../support/process/service-description.ts'
import { recorder } from '../stage.ts'

/** Every identity may call the first one. If the second one is denied, the framework takes it that there are no images to remove. */
const WITHOUT_PERMISSION = ['sts:GetCallerIdentity', 'ecr:DescribeRepositories']

const policy: { Statement: { Action: string | string[] }[] } = JSON.parse(
  readFileSync(`${root}/docs/deployer-policy.json`, 'utf8'),
)

describe('docs/deployer-policy.json', () => {
  test('allows every call that the commands before have made', () => {
    const allowed = policy.Statement.flatMap(({ Action }) => Action)
    const made = [...recorder.actions].filter((action) => !WITHOUT_PERMISSION.includes(action)).toSorted()
    console.log(`The commands made ${made.length} kinds of calls: ${made.join(', ')}`)
    expect(made).toEqual(expect.arrayContaining(['apigateway:GET', 'cloudformation:ExecuteChangeSet']))
    // Transactions have the actions of their writes, and no other one.
    const ofData = ['dynamodb:TransactWriteItems']
    const isAllowed = (action: string) => allowed.some((pattern) => covers(pattern, action))
    expect(made.filter((action) => !isAllowed(action) && !ofData.includes(action))).toEqual([])
  })
})
