import { expect, test } from 'vitest'
import { packageChangedProd, packageDev, packageProd } from '../infrastructure/packaged.ts'
import { FIRST, RENAMED, replacementsIn } from './replacements.ts'

// A stack that a clone deployed before `auth.config.ts` takes an update without the loss of a table, a key or its address.

test.each([
  ['prod', packageProd],
  ['changedProd', packageChangedProd],
  ['dev', packageDev],
] as const)('a stack of the first version keeps all its data: %s', async (name, make) => {
  expect(Object.keys(RENAMED[name]).length).toBeGreaterThan(10)
  expect(replacementsIn(RENAMED[name], (await make()).resources)).toEqual([])
})

test('each change that replaces, deletes or unprotects a resource is found', () => {
  const changed = (id: string, change: object, properties: object = {}) => {
    const { [id]: one } = FIRST.prod
    if (one === undefined) throw new Error(`no resource ${id}`)
    const other = { ...one, ...change, Properties: { ...one.Properties, ...properties } }
    return replacementsIn(FIRST.prod, { ...FIRST.prod, [id]: other })
  }
  const { Table: _, ...others } = FIRST.prod
  expect(replacementsIn(FIRST.prod, others)).toEqual(['Table is deleted'])
  expect(changed('Table', {}, { TableName: 'notes-prod' })).toEqual(['Table has another TableName'])
  const KeySchema = [{ AttributeName: 'pk', KeyType: 'HASH' }]
  expect(changed('Events', {}, { KeySchema })).toEqual(['Events has another KeySchema'])
  const AttributeDefinitions = [{ AttributeName: 'pk', AttributeType: 'N' }]
  expect(changed('Events', {}, { AttributeDefinitions })).toEqual(['Events has another type of pk'])
  expect(changed('FactorKeyAlias', {}, { TargetKeyId: { Ref: 'KeyA' } })).toEqual([
    'FactorKeyAlias has another TargetKeyId',
  ])
  expect(changed('FactorKey', { DeletionPolicy: 'Delete' })).toEqual([
    'FactorKey has the DeletionPolicy Delete',
  ])
  expect(changed('KeyA', {}, { KeySpec: 'RSA_4096' })).toEqual(['KeyA has another KeySpec'])
  expect(changed('ApiGatewayRestApi', { Type: 'AWS::ApiGatewayV2::Api' })).toEqual([
    'ApiGatewayRestApi becomes AWS::ApiGatewayV2::Api',
  ])
  expect(changed('ApiGatewayRestApi', {}, { Name: 'notes' })).toEqual([])
})
