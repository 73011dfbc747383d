import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { root } from './service-description.ts'

/** How a command ended, and what it said. */
export interface Outcome {
  status: number | null
  stdout: string
  stderr: string
}

/** Starts an operator's command, away from whatever AWS account the developer is signed in to. */
export function begin(script: string, args: string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [script, ...args], {
    cwd: root,
    env: { HOME: tmpdir(), AWS_CONFIG_FILE: '/dev/null', AWS_EC2_METADATA_DISABLED: 'true', ...env },
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk
  })
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk
  })
  const outcome = once(child, 'close').then(([status]): Outcome => ({ status, stdout, stderr }))
  return {
    child,
    outcome,
    /** Waits until the command has told something on standard error. */
    told: async (words: string) => {
      while (!stderr.includes(words)) await once(child.stderr, 'data')
    },
  }
}
