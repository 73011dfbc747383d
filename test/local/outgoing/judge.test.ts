import { expect, test } from 'vitest'
import { eventOf, partitionOf } from '../../../lib/events/event.ts'
import { OUTGOING } from '../../../lib/events/outgoing.ts'
import { entryOf } from '../../../lib/events/publish.ts'
import { eventIn } from '../../../lib/events/store.ts'
import { testAct } from '../../support/users/users.ts'
import { judgedByPython } from './coverage.ts'
import { faultsOf, SOURCE } from './judge.ts'
import { changesWithoutSentence } from './sentences.ts'

// What fails the whole run of the tests; see `coverage.ts`.

const ID = 'Ada-Lovelace-1815-12-A'
const act = { ...testAct(), actor: 'user', actorId: ID, via: 'PUT /email' } as const
const table = { aws: () => Promise.reject(new Error('a call')), name: 'users' }
const happening = { type: 'user.updated', subject: partitionOf(ID), changes: ['email'] } as const
const bus = { name: 'bus', source: SOURCE, types: OUTGOING.all }
const { Detail } = entryOf(eventIn(Object(eventOf(table, act, happening)).Put.Item), bus)
const event = JSON.parse(Detail)

test('an event with ids and words of closed lists has no fault', () => {
  expect([...faultsOf(Detail), ...(judgedByPython([Detail]) ?? [])]).toEqual([])
})

const changed = (members: object, data: object = {}) =>
  JSON.stringify({ ...event, ...members, data: { ...event.data, ...data } })

test.each([
  ['a name as its subject', changed({ subject: 'ada' })],
  ['a name as its actor', changed({}, { actorId: 'ada' })],
  ['a name as its detail', changed({}, { detail: 'ada' })],
  ['an address in the route', changed({}, { via: 'PUT /users/ada@example.org' })],
  ['a name among its changes', changed({}, { changes: ['email', 'ada'] })],
  ['a ticket', changed({}, { ref: 'T-1' })],
  ['a source', changed({}, { sourceIp: '192.0.2.1' })],
  ['a browser', changed({ useragent: 'Mozilla' })],
  ['an ARN', changed({}, { actor: 'operator', actorId: 'arn:aws:iam::123456789012:user/eve' })],
  ['a token', changed({}, { session: `${ID}.12345678` })],
  ['a missing type', changed({ type: undefined })],
])('an event with %s has a fault', (_, json) => {
  expect(faultsOf(json)).not.toEqual([])
})

test('both SDKs refuse an event without a source', () => {
  const json = changed({ source: undefined })
  expect(faultsOf(json)).toContainEqual(expect.stringContaining('the SDK of CloudEvents refuses'))
  const refused = judgedByPython([Detail, json])
  if (refused !== undefined) expect(refused).toEqual([expect.stringContaining('for Python refuses')])
})

test('a change that the page of an account has no sentence for is named', async () => {
  const changes = [
    { changes: ['totp'], detail: 'removed' },
    { changes: ['attributes'] },
    { changes: ['totp'], detail: 'requested' },
    { changes: ['serviceLevel'] },
  ]
  const details = changes.map((data) => changed({}, { detail: undefined, ...data }))
  expect(await changesWithoutSentence(details)).toEqual(['serviceLevel'])
})
