import { randomBytes } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import { MAIL_ID_BYTES, newMailId } from '../../lib/mail/confirmation.ts'
import type { MailEvent } from '../../lib/mail/event.ts'
import { findFactorReset, storeFactorReset } from '../../lib/mail/factor-reset.ts'
import { recordLogs } from '../support/logs.ts'
import { NO_MAIL_LIMITS, useWiredService } from '../support/service.ts'
import { newAddress, tokenIn } from '../support/users/mails.ts'
import { testAct } from '../support/users/users.ts'

const records: { event?: string }[] = []
recordLogs(records)
const { service, wire, wired } = await useWiredService(NO_MAIL_LIMITS)
beforeEach(() => {
  records.length = 0
  wire.intercept(() => 'pass')
})
const SES = '/v2/email/outbound-emails'

describe('the mailer', () => {
  test.each([
    ['of now', () => new Date()],
    ['an hour early', () => new Date(Date.now() - 3_600_000)],
    ['an hour late', () => new Date(Date.now() + 3_600_000)],
  ])('announces a reset by its own clock, with an operator’s clock %s', async (_what, clock) => {
    const { event, to, userId } = await prepare(clock().toISOString())
    const before = secondNow()
    await wired.mail(event)
    expect(service.mailsTo(to)).toHaveLength(1)
    const stored = Number(await announcedAt(userId))
    expect(stored).toBeGreaterThanOrEqual(before)
    expect(stored).toBeLessThanOrEqual(secondNow())
    expect(tokenIn(service.mailTo(to))).toMatch(/^[\w-]{22}\.[\w-]{43}$/)
    expect(service.mailTo(to).link).toContain('/confirm#cancel-reset=')
  })

  test('announces nothing if SES refuses the mail, and all of it at the next try', async () => {
    const { event, to, userId } = await prepare()
    let refusals = 0
    wire.intercept(({ label }) => {
      if (label !== SES || refusals > 0) return 'pass'
      refusals += 1
      return 'refuse'
    })
    await expect(wired.mail(event, 'one')).rejects.toThrow()
    expect(await announcedAt(userId)).toBeUndefined()
    await wired.mail(event, 'one')
    expect(service.mailsTo(to)).toHaveLength(1)
    expect(await announcedAt(userId)).toBeTypeOf('number')
  })

  test.each([
    ['crashes between the mail and the record', 'cut before'],
    ['loses every response to the record', 'cut after'],
  ] as const)('that %s throws, and sends no second mail', async (_what, fate) => {
    const { event, to, userId } = await prepare()
    wire.intercept(({ label }) => (label === 'TransactWriteItems' ? fate : 'pass'))
    await expect(wired.mail(event, 'one')).rejects.toThrow()
    await wire.settle()
    wire.intercept(() => 'pass')
    const isAnnounced = fate === 'cut after'
    expect((await announcedAt(userId)) !== undefined).toBe(isAnnounced)
    const again = wired.mail(event, 'one')
    if (isAnnounced) await again
    else await expect(again).rejects.toThrow('an earlier try claimed the mail')
    expect(service.mailsTo(to)).toHaveLength(1)
    expect((await announcedAt(userId)) !== undefined).toBe(isAnnounced)
    // An operator who asks again gets a mail and a delay.
    const mailId = newMailId(randomBytes(MAIL_ID_BYTES))
    await storeFactorReset(service.table, userId, mailId, testAct())
    await wired.mail({ ...event, kind: 'factor-reset', mailId, userId })
    expect(service.mailsTo(to)).toHaveLength(2)
    expect(await announcedAt(userId)).toBeTypeOf('number')
  })

  test('does not know the outcome at SES: the reset is not announced', async () => {
    const { event, userId } = await prepare()
    wire.intercept(({ label }) => (label === SES ? 'cut after' : 'pass'))
    await expect(wired.mail(event, 'one')).rejects.toThrow()
    wire.intercept(() => 'pass')
    await expect(wired.mail(event, 'one')).rejects.toThrow()
    expect(await announcedAt(userId)).toBeUndefined()
  })

  test('that is invoked by a function without a request of an operator sends nothing', async () => {
    const { event, to, userId } = await prepare()
    await wired.mail({ ...event, kind: 'factor-reset', mailId: 'x'.repeat(22), userId })
    expect(service.mailsTo(to)).toEqual([])
    expect(records.map((record) => record.event)).toEqual(['mail.unneeded'])
    expect(await announcedAt(userId)).toBeUndefined()
  })

  test('that sends twice at once announces once', async () => {
    const { event, to, userId } = await prepare()
    await Promise.allSettled(Array.from({ length: 10 }, () => wired.mail(event)))
    expect(service.mailsTo(to)).toHaveLength(1)
    expect(await announcedAt(userId)).toBeTypeOf('number')
  })
})

const secondNow = () => Math.floor(Date.now() / 1_000)

/** Adds a user with a verified address and a request for a reset, and returns its event. */
async function prepare(at = '2026-11-26T09:00:00.000Z') {
  const to = newAddress()
  const username = await service.add({ email: to.toLowerCase(), emailAsWritten: to, emailVerified: true })
  const { id: userId } = await service.user(username)
  const mailId = newMailId(randomBytes(MAIL_ID_BYTES))
  await storeFactorReset(service.table, userId, mailId, testAct())
  const event: MailEvent = { kind: 'factor-reset', mailId, userId, at }
  return { event, to, userId, mailId }
}

const announcedAt = async (userId: string) => (await findFactorReset(service.table, userId))?.announcedAt
