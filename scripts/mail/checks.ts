import { minuteOf, printable } from '../cli/terminal/table.ts'
import type { Identity, MailState } from './ses.ts'

/**
 * The result of one check.
 *
 * - `problem`: mail is not sent, or not to everybody.
 * - `warning`: mail is sent, and may be rejected or stop soon.
 * - `skipped`: the sender has no identity.
 */
export interface Check {
  name: string
  state: 'ok' | 'warning' | 'problem' | 'skipped'
  detail: string
  /** What the operator should do. */
  action?: string
}

type Finding = Omit<Check, 'name'>
type Attributes = NonNullable<Identity['attributes']>

/** Share of the daily quota from which a warning is given. */
const QUOTA_WARNING = 0.8

/** Checks what decides whether mail is sent. docs/MAIL.md explains each check. */
export function checksOf(state: MailState): Check[] {
  const identity = identityInUse(state)
  const ofIdentity = (check: (attributes: Attributes, name: string, region: string) => Finding): Finding =>
    identity?.attributes === undefined
      ? { state: 'skipped', detail: 'The sender has no identity.' }
      : check(identity.attributes, identity.name, state.region)
  const findings: Record<string, Finding> = {
    sender: checkSender(state),
    dkim: ofIdentity(checkDkim),
    'mail-from': ofIdentity(checkMailFrom),
    sandbox: checkSandbox(state),
    sending: checkSending(state),
    quota: checkQuota(state),
    suppression: checkSuppression(state),
  }
  return Object.entries(findings).map(([name, finding]) => ({ name, ...finding }))
}

/** Returns the identity that SES sends with, or would send with once it is verified. */
export function identityInUse({ identities }: MailState): Identity | undefined {
  const isVerified = ({ attributes }: Identity) => attributes?.VerifiedForSendingStatus === true
  return identities.find(isVerified) ?? identities.findLast(({ attributes }) => attributes !== undefined)
}

function checkSender(state: MailState): Finding {
  const [address, domain] = state.identities
  const { name, attributes } = identityInUse(state) ?? address
  if (attributes === undefined) {
    return {
      state: 'problem',
      detail: `Neither ${address.name} nor ${domain.name} is an identity of SES in ${state.region}.`,
      action: `Create the identity ${domain.name}.`,
    }
  }
  const { VerificationStatus = 'unknown', VerificationInfo } = attributes
  const reason = [VerificationStatus, VerificationInfo?.ErrorType].filter(Boolean).join(', ')
  if (attributes.VerifiedForSendingStatus !== true) {
    const action = name.includes('@')
      ? 'Open the link that AWS sent to this address, or create an identity for its domain.'
      : 'Publish its DKIM records in DNS.'
    return { state: 'problem', detail: `${name} is not verified (${reason}).`, action }
  }
  if (VerificationStatus !== 'SUCCESS') {
    return {
      state: 'warning',
      detail: `${name} is verified, but its last verification failed (${reason}).`,
      action: 'Check its records in DNS.',
    }
  }
  return { state: 'ok', detail: `${name} is verified.` }
}

function checkDkim({ DkimAttributes }: Attributes, name: string, region: string): Finding {
  const { SigningEnabled, Status = 'unknown' } = DkimAttributes ?? {}
  if (Status !== 'SUCCESS') {
    return {
      state: 'warning',
      detail: `Mail is not signed: SES did not find the DKIM records of ${name} (${Status}).`,
      action: 'Publish the three CNAME records in DNS.',
    }
  }
  if (SigningEnabled !== true) {
    return {
      state: 'warning',
      detail: `Mail is not signed: signing is off for ${name}.`,
      action: `aws sesv2 put-email-identity-dkim-attributes --signing-enabled --email-identity ${name} --region ${region}`,
    }
  }
  return { state: 'ok', detail: `Mail is signed for ${name}.` }
}

/** Without its MX record, a MAIL FROM domain is replaced by that of SES, or the mail is rejected. */
function checkMailFrom({ MailFromAttributes }: Attributes): Finding {
  const { MailFromDomain, MailFromDomainStatus, BehaviorOnMxFailure } = MailFromAttributes ?? {}
  if (!MailFromDomain) return { state: 'ok', detail: 'The MAIL FROM domain is that of SES.' }
  if (MailFromDomainStatus === 'SUCCESS') {
    return { state: 'ok', detail: `The MAIL FROM domain is ${MailFromDomain}.` }
  }
  const missing = `SES did not find the MX record of ${MailFromDomain} (${MailFromDomainStatus})`
  const action = 'Publish its MX and TXT records in DNS.'
  return BehaviorOnMxFailure === 'USE_DEFAULT_VALUE'
    ? { state: 'warning', detail: `${missing}, and uses a domain of its own.`, action }
    : { state: 'problem', detail: `${missing}, and rejects all mail.`, action }
}

function checkSandbox({ account, region }: MailState): Finding {
  if (account.ProductionAccessEnabled === true)
    return { state: 'ok', detail: 'The account has production access.' }
  return {
    state: 'problem',
    detail: `The account is in the sandbox in ${region}: SES sends to verified addresses only.`,
    action: 'Request production access.',
  }
}

function checkSending({ account, region }: MailState): Finding {
  const { SendingEnabled, EnforcementStatus = 'unknown' } = account
  if (EnforcementStatus === 'SHUTDOWN') {
    return {
      state: 'problem',
      detail: 'AWS has paused sending (SHUTDOWN).',
      action: 'Open the case in AWS Support Center.',
    }
  }
  if (SendingEnabled !== true) {
    return {
      state: 'problem',
      detail: 'Sending is off for the account.',
      action: `aws sesv2 put-account-sending-attributes --sending-enabled --region ${region}`,
    }
  }
  if (EnforcementStatus !== 'HEALTHY') {
    return {
      state: 'warning',
      detail: `AWS reviews the account and may pause sending (${EnforcementStatus}).`,
      action: 'Open the case in AWS Support Center.',
    }
  }
  return { state: 'ok', detail: 'Sending is on (HEALTHY).' }
}

function checkQuota({ account }: MailState): Finding {
  const { Max24HourSend: max, SentLast24Hours: sent = 0, MaxSendRate: rate } = account.SendQuota ?? {}
  if (max === undefined) return { state: 'problem', detail: 'SES returned no quota.' }
  const rest = `in 24 hours, at most ${rate ?? 'an unknown number'} a second.`
  // https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendQuota.html: -1 is an unlimited quota.
  if (max === -1) return { state: 'ok', detail: `${sent} mails of an unlimited quota ${rest}` }
  const detail = `${sent} of ${max} mails ${rest}`
  const action = 'Request a higher quota in Service Quotas, or find out what sends so much.'
  if (sent >= max) return { state: 'problem', detail, action }
  return sent >= max * QUOTA_WARNING ? { state: 'warning', detail, action } : { state: 'ok', detail }
}

function checkSuppression({ account, suppressed, region }: MailState): Finding {
  const reasons: string[] = account.SuppressionAttributes?.SuppressedReasons ?? []
  const missing = ['BOUNCE', 'COMPLAINT'].filter((reason) => !reasons.includes(reason))
  const { isComplete, addresses } = suppressed
  const [newest] = addresses
  const noun = addresses.length === 1 ? 'address' : 'addresses'
  const count = `${isComplete ? '' : 'more than '}${addresses.length} suppressed ${noun}`
  const last =
    newest && `${printable(newest.address)} (${newest.reason}, ${minuteOf(newest.at.toISOString())})`
  const detail = last
    ? `${count}; newest${isComplete ? '' : ` of the first ${addresses.length}`}: ${last}.`
    : `${count}.`
  if (missing.length === 0) return { state: 'ok', detail }
  return {
    state: 'warning',
    detail: `The list does not take up ${missing.join(' and ')}. ${detail}`,
    action: `aws sesv2 put-account-suppression-attributes --suppressed-reasons BOUNCE COMPLAINT --region ${region}`,
  }
}
