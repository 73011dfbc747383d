import { allow, arnOf, type Deployment, ownArn, read, write, writeTogether } from '../aws/access.ts'
import { namesOf } from '../aws/item.ts'
import { CONFIRMATION } from './confirmation.ts'
import { FACTOR_RESET } from './factor-reset.ts'
import { RECIPIENT } from './recipient.ts'

const CONFIRMING = namesOf(CONFIRMATION)

/**
 * Sends an event to the mailer. It has the name instead of a reference, because the mailer may be switched
 * off.
 */
export const invokeMailer = ({ prefix }: Deployment) =>
  allow(['lambda:InvokeFunction'], [ownArn('lambda', `function:${prefix}-mailer`)])

/** Stores the events that failed. Lambda does that with the mailer's role. */
export const keepFailedMails = allow(['sqs:SendMessage'], [arnOf('FailedMails')])

/**
 * Sends mails of one sender. SES also checks the recipient's identity, if the account has one, and the configuration set of the
 * sender's: docs/decisions/0090-claims-of-mails.md.
 */
export const sendMails = ({ mailFrom }: Deployment) =>
  allow(['ses:SendEmail'], [ownArn('ses', 'identity/*'), ownArn('ses', 'configuration-set/*')], {
    StringEquals: { 'ses:FromAddress': mailFrom },
  })

/** Users and login names, without password hashes, and claims of mails. */
export const readRecipients = read(
  ['user#*', 'name#*', 'mail#*'],
  ['userId', ...RECIPIENT, ...namesOf(FACTOR_RESET), 'claimId', 'invocationId', 'sentAt'],
)

/** Reads whether a source is known to a login name. */
export const readKnownSources = read(['name#*'], ['ownerId', 'expiresAt'])

/**
 * Claims mails, stores their confirmations, marks them as sent, and gives up a claim after a refusal. It
 * cannot write a role, because only operators may store one.
 */
export const claimMails = write(
  ['PutItem', 'UpdateItem'],
  ['mail#*'],
  [
    'claimId',
    'invocationId',
    'sentAt',
    'refusedAt',
    'expiresAt',
    ...CONFIRMING.filter((name) => name !== 'spentAt'),
  ],
)

/** Begins the delay of a reset of second factors, in one transaction with the mark of its mail. */
export const announceFactorResets = writeTogether(
  ['UpdateItem'],
  ['user#*'],
  namesOf(FACTOR_RESET).filter((name) => name !== 'ofRole'),
)

export const readConfirmations = read(['mail#*'], CONFIRMING)

/** The role that an operator chose for an invitation. */
export const readInvitedRoles = read(['mail#*'], ['role'])

export const spendConfirmations = writeTogether(['UpdateItem'], ['mail#*'], ['spentAt'])

/** Cancels a reset of the factors. IAM cannot name the sort key. */
export const cancelFactorResets = writeTogether(['DeleteItem'], ['user#*'], [])
