import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { useTable } from '../../../test/support/aws/table.ts'
import { addTestUser, testAt } from '../../../test/support/users/users.ts'
import { allItems } from '../../aws/pages.ts'
import { ServiceError } from '../../errors.ts'
import { type Act, byAdministrator, eventsTableOf, SERVICE } from '../../events/event.ts'
import { eventsOfUser } from '../../events/store.ts'
import { recordSearch, recordView } from './trail.ts'

const { table } = await useTable()
const noon = new Date('2026-11-24T12:00:00.000Z')
const midnight = new Date('2026-11-25T00:00:00.000Z')

test('a view leaves one event a day of a user and an operator, and its act demands nothing', async () => {
  const [ada, bob] = [
    await addTestUser(table, { username: 'ada' }),
    await addTestUser(table, { username: 'bob' }),
  ]
  const later = new Date('2026-11-24T23:59:59.999Z')
  await recordView(table, actOf('eve', later), ada.id)
  await recordView(table, actOf('eve'), ada.id)
  expect(await viewsOf(ada.id)).toEqual([`${later.toISOString()} eve`])
  await recordView(table, actOf('mallory'), ada.id)
  await recordView(table, actOf('eve', midnight), ada.id)
  expect(await viewsOf(ada.id)).toHaveLength(3)
  expect(await viewsOf(bob.id)).toEqual([])
})

test('reads of one page at once leave one event', async () => {
  const { id } = await addTestUser(table, { username: 'page' })
  await Promise.all(['', '', '', ''].map(() => recordView(table, actOf('eve'), id)))
  expect(await viewsOf(id)).toHaveLength(1)
})

test('a view that cannot be recorded fails', async () => {
  const { id } = await addTestUser(table, { username: 'unrecorded' })
  const down = {
    ...table,
    aws: async (...[service, operation, input]: Parameters<typeof table.aws>) => {
      if (operation === 'TransactWriteItems') throw new ServiceError('unavailable', 'down')
      return table.aws(service, operation, input)
    },
  }
  await expect(recordView(down, actOf('eve'), id)).rejects.toMatchObject({ code: 'unavailable' })
  await expect(recordSearch(down, actOf('eve'), [id])).rejects.toMatchObject({ code: 'unavailable' })
})

test('a search leaves the ids that it showed, also none', async () => {
  const seen = [randomUUID(), randomUUID()]
  await recordSearch(table, actOf('eve'), seen)
  await recordSearch(table, actOf('eve'), [])
  const items = await allItems({ ...table, name: eventsTableOf(table) }, 'Query', {
    KeyConditionExpression: 'pk = :service',
    ExpressionAttributeValues: { ':service': { S: SERVICE } },
  })
  expect(items.map(({ type, actorId, seen: ids }) => [type, actorId, Object(ids).SS?.toSorted()])).toEqual(
    expect.arrayContaining([
      [{ S: 'users.searched' }, { S: 'eve' }, seen.toSorted()],
      [{ S: 'users.searched' }, { S: 'eve' }, undefined],
    ]),
  )
  expect(items).toHaveLength(2)
})

/** An act whose demand never holds. */
const actOf = (operatorId: string, now = noon): Act =>
  byAdministrator(testAt(table, now), operatorId, [
    {
      check: {
        Key: { pk: { S: 'nobody' }, sk: { S: 'profile' } },
        ConditionExpression: 'attribute_exists(pk)',
      },
      refusal: () => new ServiceError('invalid_token', 'the demand of a read'),
    },
  ])

const viewsOf = async (userId: string) => {
  const { events } = await eventsOfUser(table, userId, { limit: 99 })
  return events.filter(({ type }) => type === 'user.viewed').map(({ at, actorId }) => `${at} ${actorId}`)
}
