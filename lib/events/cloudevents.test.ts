import { HTTP } from 'cloudevents'
import { expect, test } from 'vitest'
import { testAct } from '../../test/support/users/users.ts'
import { eventOf, partitionOf } from './event.ts'
import { OUTGOING } from './outgoing.ts'
import { cloudEventOf } from './publish.ts'
import { eventIn } from './store.ts'

const table = { aws: () => Promise.reject(new Error('a call')), name: 'users' }
const subject = partitionOf('Ada-Lovelace-1815-12-A')

test.each(OUTGOING.all)('the SDK of CloudEvents accepts %s, in the structured mode of HTTP', (type) => {
  const write = eventOf(table, testAct(new Date('2026-11-28T14:05:06.789Z')), { type, subject })
  const { Item } = Object(write).Put
  const event = cloudEventOf(eventIn(Item), 'https://auth.example.com')
  const body = JSON.stringify(event)
  const headers = { 'content-type': 'application/cloudevents+json' }
  const read = Object(HTTP.toEvent({ headers, body }))
  // It throws where an attribute breaks the specification.
  expect(read.validate()).toBe(true)
  expect(JSON.parse(JSON.stringify(read))).toEqual(JSON.parse(body))
})
