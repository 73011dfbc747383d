import {
  GetAccountCommand,
  type GetAccountCommandOutput,
  GetEmailIdentityCommand,
  type GetEmailIdentityCommandOutput,
  NotFoundException,
  paginateListSuppressedDestinations,
  SESv2Client,
  type SuppressedDestinationSummary,
} from '@aws-sdk/client-sesv2'
import { endpointsOf } from '../cli/account.ts'
import type { Environment } from '../cli/io.ts'
import { Refusal } from '../cli/refusal.ts'
import type { Account } from '../cli/stack.ts'

/** An identity in SES: an address, or a domain. `attributes` is undefined if SES does not have it. */
export interface Identity {
  name: string
  attributes: GetEmailIdentityCommandOutput | undefined
}

/** An address that SES accepts mail for, and sends none to. */
export interface SuppressedAddress {
  address: string
  reason: string
  at: Date
}

/** What decides whether mail of a stage is sent. */
export interface MailState {
  stage: string
  region: string
  /** The sender, an address. */
  mailFrom: string
  /** The sender's address and its domain, in the order in which SES uses them. */
  identities: readonly [Identity, Identity]
  account: GetAccountCommandOutput
  /** Newest first. `isComplete`: whether these are all. */
  suppressed: { isComplete: boolean; addresses: SuppressedAddress[] }
}

/** Time for all calls of SES, retries included. */
const TIMEOUT_MS = 30_000

/** Creates a client of SES. */
export function openSes(account: Account, env: Environment): SESv2Client {
  const endpoint = env.AWS_ENDPOINT_URL_SESV2 ?? endpointsOf(env).all?.href
  return new SESv2Client({ ...account, ...(endpoint && { endpoint }) })
}

/**
 * Reads the state of a sender and of the account.
 *
 * @param mailFrom - The sender's address.
 * @param allSuppressed - Read all pages of the suppression list, not only the first.
 * @throws {@link Refusal} `failed`, with every missing permission.
 */
export async function readSes(
  client: SESv2Client,
  mailFrom: string,
  allSuppressed: boolean,
  timeoutMs = TIMEOUT_MS,
): Promise<Pick<MailState, 'identities' | 'account' | 'suppressed'>> {
  const abortSignal = AbortSignal.timeout(timeoutMs)
  const domain = mailFrom.slice(mailFrom.lastIndexOf('@') + 1)
  const identity = async (name: string): Promise<Identity> => {
    const command = new GetEmailIdentityCommand({ EmailIdentity: name })
    const attributes = await client.send(command, { abortSignal }).catch((error: unknown) => {
      if (!(error instanceof NotFoundException)) throw error
    })
    return { name, attributes: attributes ?? undefined }
  }
  const calls = [
    permitted('ses:GetEmailIdentity', Promise.all([identity(mailFrom), identity(domain)])),
    permitted('ses:GetAccount', client.send(new GetAccountCommand({}), { abortSignal })),
    permitted('ses:ListSuppressedDestinations', readSuppressed(client, allSuppressed, abortSignal)),
  ] as const
  const failures = (await Promise.allSettled(calls)).flatMap((call) =>
    call.status === 'rejected' ? [call.reason] : [],
  )
  const missing = failures.flatMap((error) => (error instanceof MissingPermission ? [error.action] : []))
  if (missing.length > 0) {
    throw new Refusal(
      'failed',
      `Missing permissions: ${missing.join(', ')}. Allow these IAM actions to your user.`,
    )
  }
  if (abortSignal.aborted) throw new Refusal('failed', `SES sent no response within ${timeoutMs / 1000} s.`)
  if (failures.length > 0) throw failures[0]
  const [identities, account, suppressed] = await Promise.all(calls)
  return { identities, account, suppressed }
}

/** The operator's credentials do not allow a call. */
class MissingPermission extends Error {
  override readonly name = 'MissingPermission'
  readonly action: string
  constructor(action: string) {
    super(action)
    this.action = action
  }
}

/** Names the IAM action if AWS denies the call. AWS's own message names a user, and not always the action. */
async function permitted<T>(action: string, call: Promise<T>): Promise<T> {
  try {
    return await call
  } catch (error) {
    throw error instanceof Error && error.name === 'AccessDeniedException'
      ? new MissingPermission(action)
      : error
  }
}

/** AWS documents no order of the list, so it is sorted here. */
async function readSuppressed(
  client: SESv2Client,
  all: boolean,
  abortSignal: AbortSignal,
): Promise<MailState['suppressed']> {
  const addresses: SuppressedAddress[] = []
  let isComplete = false
  for await (const page of paginateListSuppressedDestinations({ client }, {}, { abortSignal })) {
    addresses.push(...(page.SuppressedDestinationSummaries ?? []).map(suppressedAddressOf))
    isComplete = page.NextToken === undefined
    if (!all) break
  }
  return { isComplete, addresses: addresses.sort((a, b) => b.at.getTime() - a.at.getTime()) }
}

const suppressedAddressOf = (summary: SuppressedDestinationSummary): SuppressedAddress => ({
  address: summary.EmailAddress ?? '',
  reason: summary.Reason ?? 'unknown',
  at: summary.LastUpdateTime ?? new Date(0),
})
