import { asJson, minuteOf, printable, table } from '../cli/terminal/table.ts'
import { type Check, identityInUse } from './checks.ts'
import type { MailState } from './ses.ts'

/** Formats one line for each check, and the suppressed addresses if they are asked for. */
export function textReport(
  { stage, region, mailFrom, suppressed }: MailState,
  checks: readonly Check[],
  withSuppressed: boolean,
  width: number,
): string {
  const names = Math.max(...checks.map(({ name }) => name.length))
  const lines = checks.map(({ name, state, detail, action }) => {
    const text = action === undefined ? detail : `${detail} Do: ${action}`
    return `${state.padEnd('warning'.length)}  ${name.padEnd(names)}  ${text}\n`
  })
  const head = `Mail of stage ${stage} in ${region}, from ${mailFrom}\n`
  const rows = suppressed.addresses.map(({ address, reason, at }) => [
    printable(address),
    reason,
    minuteOf(at.toISOString()),
  ])
  const list = withSuppressed && rows.length > 0 ? table(['suppressed', 'reason', 'since'], rows, width) : ''
  return `${head}${lines.join('')}${list}`
}

/** Formats the checks for programs, with the numbers and addresses that they are based on. */
export function jsonReport(state: MailState, checks: readonly Check[]): string {
  const { stage, region, mailFrom, account, suppressed } = state
  const { Max24HourSend, SentLast24Hours, MaxSendRate } = account.SendQuota ?? {}
  return asJson({
    stage,
    region,
    mailFrom,
    identity: identityInUse(state)?.name ?? null,
    checks,
    quota: { max24HourSend: Max24HourSend, sentLast24Hours: SentLast24Hours, maxSendRate: MaxSendRate },
    suppressed,
  })
}
