import { randomBytes } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { attributesOf, writeIf } from '../../lib/aws/dynamodb.ts'
import type { Question } from '../../lib/drain/verdict.ts'
import { storeEnrolmentCode } from '../../lib/enrolment/code.ts'
import { CODE_RANDOM_BYTES } from '../../lib/factors/recovery-codes/recovery-codes.ts'
import { decryptSecret } from '../../lib/factors/totp/secret.ts'
import { base32Of } from '../../lib/factors/totp/totp.ts'
import { idOf, type MailEvent } from '../../lib/mail/event.ts'
import { factorResetKey } from '../../lib/mail/factor-reset.ts'
import type { User } from '../../lib/users/user.ts'
import { startLocalAws } from '../../local/aws.ts'
import type { Mail } from '../../local/mail/mailbox.ts'
import { atEnd } from './at-end.ts'
import { restorerOf } from './aws/restore.ts'
import { startWire } from './aws/wire.ts'
import { type Asking, type Functions, type Loading, loadFunctions, type Route } from './http/functions.ts'
import {
  describeService,
  mailOf,
  resourcesOf,
  type ServiceDescription,
  tableOf,
} from './process/service-description.ts'
import { newName, operator } from './users/sessions.ts'
import { testAct } from './users/users.ts'

/** Page of a browser that uses the service. */
export const ORIGIN = 'http://localhost:3000'

/** Settings of the functions in these tests, in place of those of `serverless.yml`. */
const SETTINGS: Record<string, string> = {
  CLIENT_FETCHER: 'none',
  GUARDED_ROUTES: 'none',
  TOKEN_ISSUER: 'https://issuer.example',
  TOKEN_AUDIENCE: 'audience',
  BREACHED_PASSWORDS: 'off',
  REQUIRE_SECOND_FACTOR: 'none',
  MAIL_FROM: 'no-reply@service.example',
  SERVICE_NAME: 'Test',
  PUBLIC_URL: 'https://service.example',
  RP_ID: 'localhost',
  RP_ORIGINS: ORIGIN,
}

/** Limits that no test reaches. */
export const NO_LIMITS = Object.fromEntries(
  [
    'USER_AND_SOURCE',
    'SOURCE',
    'KNOWN_SOURCE',
    'USER',
    'USER_AND_KNOWN_SOURCE',
    'MAIL_SOURCE',
    'MAIL_RECIPIENT',
  ].map((name) => [`LIMIT_${name}`, '9999/86400']),
)

/** Limits of mails that no test reaches. */
export const NO_MAIL_LIMITS = { LIMIT_MAIL_SOURCE: '9999/3600', LIMIT_MAIL_RECIPIENT: '9999/3600' }

// No route is switched off, and `login` may ask an old place of passwords.
const description = describeService({
  requireSecondFactor: 'all',
  oldPool: 'eu-west-3_AbCdEf123',
  oldPoolClient: '1example23456789abcdefghij',
})

export type TestService = Awaited<ReturnType<typeof useService>>

/**
 * Starts the service in this process, until the end of the file or of the test: DynamoDB, KMS, SES, Lambda's asynchronous
 * invocation of the mailer with its three attempts and without pauses, and all functions but those of pages. `oldPlace` stands for the
 * function `drain`.
 *
 * @param options - `settings`: changes of the functions' environment. `load: false` leaves the functions out until
 *   {@link TestService.load}. With `deliver: false`, Lambda accepts events of mails and does not invoke the mailer.
 */
export async function useService(
  options: {
    settings?: Record<string, string>
    load?: boolean
    deliver?: boolean
    /** Answers a question of `login`. What it throws is an error of the function. */
    oldPlace?: (question: Question) => object | Promise<object>
  } = {},
) {
  const open = new Set<string>()
  const events: MailEvent[] = []
  const deadLetters: object[] = []
  let functions = {} as Functions
  const aws = await startLocalAws(resourcesOf(description), description.provider.region, {
    ...mailOf(description),
    verifiedIdentities: [String(SETTINGS.MAIL_FROM)],
    pausesMs: [0, 0],
    async invoke(name, event, awsRequestId) {
      if (name.endsWith('-drain')) return returnedBy(async () => options.oldPlace?.(event as Question))
      const id = idOf(event as MailEvent)
      events.push(event as MailEvent)
      if (options.deliver === false) return { isReturned: true, payload: 'null' }
      open.add(id)
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
  atEnd(() => aws.stop())
  const table = tableOf(description, aws)

  /** Loads functions with changes of their environment. */
  const load = (settings: Record<string, string> = {}, loading: Loading = {}) =>
    loadFunctions(withSettings({ ...options.settings, ...settings }), aws, loading)

  if (options.load !== false) functions = await load()

  /** Waits until every mail is sent or a dead letter. */
  async function settled(): Promise<void> {
    for (let turns = 0; turns < 3; turns = open.size === 0 ? turns + 1 : 0) await setImmediate()
  }

  return {
    ...operator(table),
    aws,
    functions,
    load,
    /** Every invocation of the mailer, in order. */
    events,
    deadLetters,
    settled,
    /** Sends a request, and waits for its mails. Returns its body parsed. */
    async ask(route: Route, asking: Asking) {
      const { status, text, headers } = await functions.ask(route, asking)
      await settled()
      return { status, headers, body: text === '' ? undefined : JSON.parse(text) }
    },
    /** Returns the mails to an address, the newest first. */
    mailsTo: (address: string): Mail[] => aws.mailbox.list().filter(({ to }) => to === address),
    /** Returns the newest mail to an address. */
    mailTo(address: string): Mail {
      const [mail] = this.mailsTo(address)
      if (mail === undefined) throw new Error(`there is no mail to ${address}`)
      return mail
    },
    /** Adds a user with {@link PASSWORD} and a verified address. */
    async addUser(values: Partial<User> = {}): Promise<User> {
      const { username = newName() } = values
      const address = { email: `${username}@example.org`, emailVerified: true }
      return this.user(await this.add({ username, ...address, ...values }))
    },
    /** Returns a function that gives the table its present items again. */
    restorer: () => restorerOf(table),
    /** Returns a secret in base32. */
    async secretOf(userId: string, ciphertext: string): Promise<string> {
      return base32Of(await decryptSecret(table.aws, description.custom.auth.factorKey, userId, ciphertext))
    },
    /** Proves enrolments, each by a code of the operator. */
    async proveEnrolments(
      username: string,
      enrolmentTokens: readonly string[],
      onBody: (body: object) => void = () => {},
    ): Promise<void> {
      for (const enrolmentToken of enrolmentTokens) {
        const user = await this.user(username)
        const operatorCode = await storeEnrolmentCode(
          table,
          user,
          randomBytes(CODE_RANDOM_BYTES),
          testAct(new Date()),
        )
        const body = { enrolmentToken, operatorCode }
        onBody(body)
        const { status, text } = await functions.ask('POST /enrolment/proof', { body })
        if (status !== 204) throw new Error(`${status} ${text}`)
      }
    },
    /** Stores a reset of a user's factors, as if its mail had been sent at a second since the epoch. */
    async storeReset(userId: string, announcedAt: number): Promise<void> {
      const reset = { mailId: 'a reset', announcedAt, delaySeconds: 86_400 }
      const item = { ...factorResetKey(userId), ...attributesOf(reset) }
      await writeIf(table, 'PutItem', { Item: item })
    },
  }
}

/** Returns what Lambda reports of an invocation. */
async function returnedBy(call: () => Promise<unknown>) {
  try {
    return { isReturned: true, payload: JSON.stringify(await call()) }
  } catch (error) {
    return { isReturned: false, payload: JSON.stringify({ errorMessage: (error as Error).message }) }
  }
}

/** Starts a {@link useService}, and functions with a {@link startWire} between them and AWS. */
export async function useWiredService(settings: Record<string, string> = {}, loading: Loading = {}) {
  const service = await useService({ settings })
  const wire = await startWire(service.aws)
  return { service, wire, wired: await service.load({}, { ...loading, url: wire.url }) }
}

/** Loads functions that call AWS at a URL. */
export const functionsAt = (url: string, settings: Record<string, string>) => {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  const [to, { region }] = [new URL(url), description.provider]
  const endpoints = { dynamodb: to, kms: to, lambda: to, ses: to }
  return loadFunctions(withSettings(settings), { settings: { region, credentials, endpoints } })
}

/** Gives each function the settings that it has in `serverless.yml`, with other values, and all those for AWS. */
function withSettings(settings: Record<string, string>): ServiceDescription {
  const all = { ...SETTINGS, ...settings }
  const ofAws = Object.fromEntries(Object.entries(settings).filter(([name]) => name.startsWith('AWS_')))
  const changed = (environment: Record<string, string>) => ({
    ...Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, all[name] ?? value])),
    ...ofAws,
  })
  const functions = Object.entries(description.functions).map(
    ([key, { environment = {}, ...rest }]) => [key, { ...rest, environment: changed(environment) }] as const,
  )
  return { ...description, functions: Object.fromEntries(functions) }
}
