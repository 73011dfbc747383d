import { setImmediate } from 'node:timers/promises'
import { onTestFinished, vi } from 'vitest'
import { idOf, type MailEvent } from '../../../lib/mail/event.ts'
import type { Mail } from '../../../local/mail/mailbox.ts'
import { startWire, type Wire } from '../aws/wire.ts'
import {
  type Asking,
  type Functions,
  type Route,
  startFunctions,
  startStores,
  TABLE_NAME,
} from './sessions.ts'

const MAILER = 'mailer'

/** A service that delivers its mails, and what it did. */
export type MailService = Awaited<ReturnType<typeof startMailService>>

/**
 * Starts stores, SES, and Lambda's asynchronous invocation of the mailer with its three attempts, without pauses.
 *
 * @param settings - Changes of the functions' environment.
 */
export async function startMailService(settings: Record<string, string> = {}) {
  const open = new Set<string>()
  const events: MailEvent[] = []
  const deadLetters: object[] = []
  let functions: Functions
  const stores = await startStores({
    verifiedIdentities: ['no-reply@service.example'],
    // As functions call it, and as commands do.
    functionNames: [MAILER, `${TABLE_NAME}-mailer`],
    pausesMs: [0, 0],
    async invoke(_name, event, awsRequestId) {
      const id = idOf(event as MailEvent)
      open.add(id)
      events.push(event as MailEvent)
      try {
        await functions.mail(event as MailEvent, awsRequestId)
        open.delete(id)
        return { isReturned: true, payload: 'null' }
      } catch (error) {
        return { isReturned: false, payload: JSON.stringify({ errorMessage: (error as Error).message }) }
      }
    },
    onDeadLetter(letter) {
      open.delete(idOf(letter.event as MailEvent))
      deadLetters.push(letter)
    },
  })
  const load = (changes: Record<string, string>) => stores.functions({ MAILER, ...settings, ...changes })
  functions = await load({})

  /** Waits until every event is delivered or a dead letter. */
  async function settled(): Promise<void> {
    while (open.size > 0) await setImmediate()
  }

  return {
    ...stores,
    functions,
    /** Starts functions with other settings. */
    load,
    /** Every invocation of the mailer, in order. */
    events,
    deadLetters,
    settled,
    /** Sends a request, and waits for its mails. */
    async ask(route: Route, asking: Asking) {
      const { status, text, headers } = await functions.ask(route, asking)
      await settled()
      return { status, headers, body: text === '' ? undefined : JSON.parse(text) }
    },
    /** Returns the mails to an address, the newest first. */
    mailsTo: (address: string): Mail[] => stores.aws.mailbox.list().filter(({ to }) => to === address),
    /** Returns the newest mail to an address. */
    mailTo(address: string): Mail {
      const [mail] = this.mailsTo(address)
      if (mail === undefined) throw new Error(`there is no mail to ${address}`)
      return mail
    },
  }
}

/** Returns the token in the link of a mail. */
export const tokenIn = ({ link }: Mail): string => String(link?.replace(/^.*=/, ''))

/** Returns the code in a mail. */
export const codeIn = ({ text }: Mail): string => String(/code: (\d{8})/.exec(text)?.[1])

/** Stops the clock until the end of a test, whose attempts then count in one window of the limits. */
export function stopClock(): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2027, 0, 15, 12) })
  onTestFinished(() => void vi.useRealTimers())
}

let addresses = 0

/** Returns an address that no other test uses, with upper case in it. */
export function newAddress(): string {
  addresses += 1
  return `Grace.${addresses}@Example.org`
}

const NO_LIMITS = { LIMIT_MAIL_SOURCE: '9999/3600', LIMIT_MAIL_RECIPIENT: '9999/3600' }

/** A mail service without limits, and its functions with a wire between them and AWS. */
export interface WiredMail {
  service: MailService
  wire: Wire
  wired: Awaited<ReturnType<typeof startFunctions>>
  stop(): void
}

/** Starts a {@link WiredMail}. */
export async function startWiredMail(): Promise<WiredMail> {
  const service = await startMailService(NO_LIMITS)
  const wire = await startWire(service.aws)
  const wired = await startFunctions(wire.url, { MAILER: 'mailer', ...NO_LIMITS })
  return {
    service,
    wire,
    wired,
    stop() {
      wire.stop()
      service.aws.stop()
    },
  }
}
