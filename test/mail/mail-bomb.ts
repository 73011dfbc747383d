import { expect } from 'vitest'
import { settleAll, stopTime } from '../support/at-once.ts'
import { useService } from '../support/service.ts'
import { stopClock } from '../support/users/mails.ts'

const SPELLINGS = ['ada@example.org', 'ADA@example.org', 'Ada@EXAMPLE.org']
const AT_ONCE = 30

/** Asks for mails to one address, by each route and spelling, and expects three mails. */
export async function bomb(requests: number): Promise<void> {
  stopClock()
  const service = await useService({ settings: { LIMIT_MAIL_SOURCE: '9999/3600' } })
  await service.add({ username: 'ada', email: 'ada@example.org' })
  stopTime(Date.now())
  const statuses: number[] = []

  async function ask(index: number): Promise<void> {
    const spelling = String(SPELLINGS[index % SPELLINGS.length])
    const { status } = await (index % 2 === 0
      ? service.ask('register', { body: { email: spelling } })
      : service.ask('forgot', { body: { login: index % 4 === 1 ? 'ada' : spelling } }))
    statuses.push(status)
  }

  for (let first = 0; first < requests; first += AT_ONCE) {
    await settleAll(Array.from({ length: AT_ONCE }, (_, index) => ask(first + index)))
  }
  expect(statuses).toEqual(Array(requests).fill(202))
  expect(service.aws.mailbox.list()).toHaveLength(3)
  expect(service.events).toHaveLength(requests)
  console.log(`${requests} requests, 3 mails`)
}
