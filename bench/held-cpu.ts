import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Short in comparison with a cold start, so that the limit slows it evenly. */
const PERIOD_US = 20_000

/** A control group that limits its processes to a share of one CPU. */
export interface HeldCpu {
  /** File that a process writes its id to in order to enter the group. */
  procsFile: string
  release(): void
}

/**
 * Creates a control group (version 2 or 1) that limits its processes to a share of one CPU.
 *
 * @param share - Of one CPU, 0 to 1.
 * @returns `undefined` if this machine does not allow it.
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
      // r+ does not create a setting that does not exist.
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
