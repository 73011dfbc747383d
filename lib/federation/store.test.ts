import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { outrunTable, useTable } from '../../test/support/aws/table.ts'
import { testAct } from '../../test/support/users/users.ts'
import type { Table } from '../aws/dynamodb.ts'
import { findProvider, findProviders, type ProviderWithSecret } from './provider.ts'
import { changeProvider, createProvider, removeProvider } from './store.ts'

const { table } = await useTable()
const act = testAct()

let count = 0

test('findProviders returns all providers in the order of their ids, without secrets', async () => {
  const [first, second] = [newProvider({ disabled: true }), newProvider()]
  for (const provider of [second, first]) await createProvider(table, provider, act)
  const found = (await findProviders(table)).filter(({ id }) => [first.id, second.id].includes(id))
  expect(found).toEqual([first, second].map(({ secret, ...provider }) => ({ ...WITHOUT, ...provider })))
})

test('a provider with a taken id or issuer is not stored', async () => {
  const first = newProvider()
  expect(await createProvider(table, first, act)).toBe('done')
  expect(await createProvider(table, { ...newProvider(), id: first.id }, act)).toBe('changed')
  const other = newProvider({ issuer: first.issuer })
  expect(await createProvider(table, other, act)).toBe('issuer-taken')
  expect(await findProvider(table, other.id)).toBeUndefined()
  expect(await findProvider(table, first.id)).toEqual({ ...WITHOUT, ...first })
})

test('a change and a removal that another change outruns do nothing', async () => {
  const provider = newProvider()
  await createProvider(table, provider, act)
  const outrun = outrunTable(table, 'TransactWriteItems', () =>
    changeProvider(table, provider, { changes: { disabled: true }, detail: 'disabled' }, act),
  )
  expect(await changeProvider(outrun, provider, { changes: { name: 'New' } }, act)).toBe('changed')
  expect(await removeProvider(table, provider, act)).toBe('changed')
  const stored = await findProvider(table, provider.id)
  expect(stored).toMatchObject({ name: provider.name, disabled: true })
  if (stored) expect(await removeProvider(table, stored, act)).toBe('done')
})

test('a provider that was removed is not changed, and its issuer is free', async () => {
  const provider = newProvider()
  await createProvider(table, provider, act)
  const outrun = outrunTable(table, 'TransactWriteItems', () => removeProvider(table, provider, act))
  expect(await changeProvider(outrun, provider, { changes: { name: 'New' } }, act)).toBe('changed')
  expect(await findProvider(table, provider.id)).toBeUndefined()
  expect(await createProvider(table, newProvider({ issuer: provider.issuer }), act)).toBe('done')
})

test('a write whose response was lost is made once', async () => {
  const provider = newProvider()
  const losing: Table = {
    ...table,
    aws: async (service, operation, input) => {
      if (operation === 'TransactWriteItems') await table.aws(service, operation, input)
      return table.aws(service, operation, input)
    },
  }
  expect(await createProvider(losing, provider, act)).toBe('done')
  expect(await changeProvider(losing, provider, { changes: { mailDomains: [] } }, act)).toBe('done')
  const stored = await findProvider(table, provider.id)
  expect(stored?.mailDomains).toEqual([])
  expect(stored?.changeId).not.toBe(provider.changeId)
  if (stored) expect(await removeProvider(losing, stored, act)).toBe('done')
})

/** Attributes that these providers do not have. */
const WITHOUT = { sendsIssuer: undefined, appleTeamId: undefined, appleKeyId: undefined }

/** Returns another provider for each test. */
function newProvider(values: Partial<ProviderWithSecret> = {}): ProviderWithSecret {
  count += 1
  const issuer = `https://login-${count}.example`
  return {
    id: `provider-${count}`,
    kind: 'oidc',
    name: 'Acme',
    issuer,
    clientId: 'us',
    clientAuthentication: 'basic',
    authorizationEndpoint: `${issuer}/authorize`,
    tokenEndpoint: `${issuer}/token`,
    jwksUri: `${issuer}/keys`,
    scope: 'openid email',
    algorithms: ['RS256'],
    mailDomains: ['acme.example'],
    disabled: false,
    changeId: randomUUID(),
    createdAt: '2026-06-01T00:00:00.000Z',
    changedAt: '2026-06-01T00:00:00.000Z',
    secret: 'encrypted',
    ...values,
  }
}
