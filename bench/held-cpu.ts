import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Short against what is measured, so that a start is slowed evenly and not stopped once. */
const PERIOD_US = 20_000

/** A control group whose processes get a share of one CPU. */
export interface HeldCpu {
  /** File that a process writes its id into to be held. */
  procsFile: string
  release(): void
}

/**
 * Makes a control group (version 2 or 1) that holds its processes to a share of one CPU.
 *
 * @param share - Of one CPU, 0 to 1.
 * @returns `undefined` where this machine does not let us.
 */
export function holdCpu(share: number): HeldCpu | undefined {
  const quotaUs = Math.round(PERIOD_US * share)
  const hierarchies: [string, Record<string, string>][] = [
    ['/sys/fs/cgroup', { 'cpu.max': `${quotaUs} ${PERIOD_US}` }],
    ['/sys/fs/cgroup/cpu', { 'cpu.cfs_period_us': `${PERIOD_US}`, 'cpu.cfs_quota_us': `${quotaUs}` }],
  ]
  for (const [hierarchy, settings] of hierarchies) {
    const group = join(hierarchy, `serverless-jwt-auth-bench-${process.pid}`)
    try {
      mkdirSync(group)
    } catch {
      continue
    }
    try {
      // r+: a setting that is not there must not be created.
      for (const [name, value] of Object.entries(settings)) {
        writeFileSync(join(group, name), value, { flag: 'r+' })
      }
      return { procsFile: join(group, 'cgroup.procs'), release: () => rmdirSync(group) }
    } catch {
      rmdirSync(group)
    }
  }
  return undefined
}
