import { randomUUID } from 'node:crypto'
import { afterAll, expect } from 'vitest'
import type { MailEvent } from '../../lib/mail/event.ts'
import { stopTime } from '../support/at-once.ts'
import { type Call, type Fate, type Target, targetsOf } from '../support/aws/wire.ts'
import { recordLogs } from '../support/logs.ts'
import { NO_MAIL_LIMITS, useWiredService } from '../support/service.ts'
import { newAddress, tokenIn } from '../support/users/mails.ts'
import { NEW_PASSWORD } from '../support/users/sessions.ts'

interface Fault {
  what: string
  fate: Fate
  /** How many attempts of the call it strikes. */
  attempts: number
  /** Whether the mailer stops at the call: by a crash, or at its timeout. */
  stops?: boolean
}

const ALWAYS = Number.POSITIVE_INFINITY
const FAULTS: readonly Fault[] = [
  { what: 'is denied', fate: 'refuse', attempts: 1 },
  { what: 'loses its response once', fate: 'cut after', attempts: 1 },
  { what: 'loses every response', fate: 'cut after', attempts: ALWAYS },
  { what: 'never arrives, and the mailer stops', fate: 'cut before', attempts: ALWAYS, stops: true },
  { what: 'is executed, and the mailer stops', fate: 'cut after', attempts: ALWAYS, stops: true },
]

const SES = '/v2/email/outbound-emails'
const TRIES = 3

recordLogs()
const { service, wire, wired } = await useWiredService(NO_MAIL_LIMITS)
stopTime(Date.now())
let cases = 0
afterAll(() => console.log(`${cases} faults of the mailer`))

/** Returns whether the fault strikes a call. The client sends a call again with the same body. */
type Strikes = (call: Call, isFirstOfLabel: number, tryNumber: number) => boolean

/**
 * Invokes the mailer as Lambda does: until it returns, three times at most.
 *
 * @param refusals - How many mails SES refuses, before the fault.
 * @param fault - Strikes the calls that `strikes` selects.
 * @returns Whether the event became a dead letter, and the calls of each try.
 */
async function deliver(event: MailEvent, refusals: number, fault?: Fault, strikes?: Strikes) {
  const invocationId = randomUUID()
  const tries: Target[][] = []
  for (let number = 1; number <= TRIES; number += 1) {
    const seen: Record<string, Set<string>> = {}
    let struck = 0
    let isStopped = false
    wire.intercept((call) => {
      const { label, body } = call
      if (isStopped) return 'cut before'
      seen[label] ??= new Set()
      seen[label].add(body)
      if (fault && strikes?.(call, seen[label].size - 1, number) && struck < fault.attempts) {
        struck += 1
        isStopped = fault.stops ?? false
        return fault.fate
      }
      return label === SES && number <= refusals ? 'refuse' : 'pass'
    })
    const isReturned = await wired.mail(event, invocationId).then(
      () => true,
      () => false,
    )
    await wire.settle()
    tries.push(targetsOf(wire.calls()))
    if (isReturned && !isStopped) return { isDead: false, tries }
  }
  return { isDead: true, tries }
}

const common = { at: '2026-11-26T09:00:00.000Z', origin: { sourceIp: '::1', userAgent: 'test' } }

/** Adds a user, and returns an event for a mail of a kind, and its recipient. */
async function prepare(kind: MailEvent['kind']): Promise<{ event: MailEvent; to: string }> {
  const address = newAddress()
  const username = await service.add({ email: address.toLowerCase(), emailAsWritten: address })
  const { id: userId, generation } = await service.user(username)
  const random = randomUUID().replaceAll('-', '').slice(-22)
  if (kind === 'password-changed') {
    return { event: { kind, id: random, to: address, username, locale: undefined, ...common }, to: address }
  }
  if (kind === 'reset') {
    return { event: { kind, mailId: random, loginName: username, ...common }, to: address }
  }
  const to = newAddress()
  const mailId = `${random}.${Buffer.from(to).toString('base64url')}`
  return kind === 'address'
    ? { event: { kind, mailId, userId, generation, ...common }, to }
    : { event: { kind: 'registration', mailId, ...common }, to }
}

/** Checks what became of an event: one mail, or a dead letter. */
async function check(to: string, event: MailEvent, isDead: boolean, isUncertain: boolean): Promise<void> {
  const [mail, ...others] = service.mailsTo(to)
  expect(others).toEqual([])
  if (mail === undefined) expect(isDead).toBe(true)
  else if (isDead) expect(isUncertain).toBe(true)
  if (mail && event.kind === 'registration') {
    const body = { token: tokenIn(mail), password: NEW_PASSWORD }
    expect((await service.ask('new-account', { body })).status).toBe(200)
  }
  // A second event with the same id says nothing, and sends nothing that the first one sent.
  if (mail) {
    wire.intercept(() => 'pass')
    await wired.mail(event)
    expect(service.mailsTo(to)).toHaveLength(1)
  }
}

/**
 * Runs each fault at the calls of each try that a delivery without one makes.
 *
 * @returns How many events became a mail, a dead letter, or both.
 */
export async function strikeEachTry(kind: MailEvent['kind'], refusals: number) {
  const example = await prepare(kind)
  const { tries, isDead } = await deliver(example.event, refusals)
  expect({ isDead, tries: tries.length }).toEqual({ isDead: false, tries: refusals + 1 })
  const outcomes = { sent: 0, dead: 0, both: 0 }
  for (const [index, targets] of tries.entries()) {
    for (const target of targets) {
      for (const fault of FAULTS) {
        const { event, to } = await prepare(kind)
        const strikes: Strikes = ({ label }, count, number) =>
          label === target.label && count === target.index && number === index + 1
        const outcome = await deliver(event, refusals, fault, strikes)
        const isUncertain = fault.stops || (target.label === SES && fault.fate === 'cut after')
        await check(to, event, outcome.isDead, Boolean(isUncertain)).catch((error) => {
          const message = `try ${index + 1}: ${target.label} ${target.index} ${fault.what}: ${error.message}`
          throw new Error(message, { cause: error })
        })
        const isSent = service.mailsTo(to).length === 1
        // Two tries are left.
        if (refusals === 0 && !isUncertain) expect({ target, fault, isSent }).toMatchObject({ isSent: true })
        outcomes[isSent && outcome.isDead ? 'both' : isSent ? 'sent' : 'dead'] += 1
        cases += 1
      }
    }
  }
  return outcomes
}

/** Runs each fault at all calls of a kind, in every try. */
export async function strikeEveryTry(kind: MailEvent['kind']): Promise<void> {
  const { tries } = await deliver((await prepare(kind)).event, 0)
  for (const label of new Set(tries.flat().map((target) => target.label))) {
    for (const fault of FAULTS) {
      const { event, to } = await prepare(kind)
      const { isDead } = await deliver(
        event,
        0,
        { ...fault, attempts: ALWAYS },
        (call) => call.label === label,
      )
      const isUncertain = fault.stops || (label === SES && fault.fate === 'cut after')
      await check(to, event, isDead, Boolean(isUncertain)).catch((error) => {
        throw new Error(`each try: ${label} ${fault.what}: ${error.message}`, { cause: error })
      })
      cases += 1
    }
  }
}

/** Delivers an event whose mail SES refuses at every try. */
export async function refuseEveryTry(kind: MailEvent['kind']): Promise<void> {
  const { event, to } = await prepare(kind)
  expect(await deliver(event, TRIES)).toMatchObject({ isDead: true })
  expect(service.mailsTo(to)).toEqual([])
}
