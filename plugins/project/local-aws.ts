import type { EventSettings, MailSettings } from '../../local/aws.ts'
import { deadLetterLine, invokerOf, notedInvokerOf } from '../../local/lambda/lambda.ts'
import { mailLine } from '../../local/mail/mailbox.ts'
import type { Serverless } from '../framework.d.ts'

/** Pauses before a failed event is tried again. On AWS they are 60 and 120 seconds. */
const RETRY_PAUSES_MS = [1_000, 2_000]

/**
 * Returns what the local AWS needs to know of the functions. Mails come from the sender of the mailer. Only functions without a route may be
 * invoked: the server listens on a TCP port.
 *
 * `sls invoke local` runs one function only, so it drops events.
 *
 * @param socketPath - Returns the path of the Lambda API's socket.
 */
export function settingsOfLocalAws(serverless: Serverless, socketPath: () => string): MailSettings {
  const { mailer, drain, 'fetch-client': fetcher } = serverless.service.functions
  const isSingle = serverless.processedInput.commands[0] === 'invoke'
  // The standard output of `sls invoke local` is the result of the function.
  const log = isSingle ? console.error : console.log
  const invoke = notedInvokerOf(socketPath)
  return {
    verifiedIdentities: [mailer?.environment?.MAIL_FROM || []].flat(),
    functionNames: [mailer, fetcher, drain].flatMap((one) => one?.name ?? []),
    pausesMs: RETRY_PAUSES_MS,
    invoke: isSingle ? async () => ({ isReturned: true, payload: 'null' }) : invokerOf(invoke, log),
    onMail: (mail) => log(mailLine(mail)),
    onDeadLetter: (letter) => log(deadLetterLine(letter)),
    events: isSingle ? undefined : eventSettings(serverless, { invoke, print: log }),
  }
}

/** Returns how events leave. Without a function that an event invokes, none does. */
function eventSettings(
  { service }: Serverless,
  more: Pick<EventSettings, 'invoke' | 'print'>,
): EventSettings | undefined {
  const { 'publish-event': publisher } = service.functions
  const subscribers = Object.entries(service.functions).flatMap(([key, { name, events = [] }]) =>
    events.flatMap(({ eventBridge }) => {
      const { eventBus, pattern } = Object(eventBridge)
      const isOwn = Object(eventBus)['Fn::GetAtt']?.[0] === 'EventBus'
      return isOwn ? [{ key, functionName: name, pattern }] : []
    }),
  )
  if (publisher === undefined || subscribers.length === 0) return undefined
  return { publisher: publisher.name, bus: service.custom.auth.prefix, subscribers, ...more }
}
