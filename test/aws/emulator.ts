import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    /** URL of the emulator of AWS, without a slash at the end. */
    emulatorUrl: string
  }
}

/** Debian's Python, which has the packages. Another Python may be first on the path. */
export const PYTHON = '/usr/bin/python3'

/** Recommended packages included: without them moto's server starts, but fails on templates. */
const INSTALL = 'apt-get install --install-recommends python3-moto python3-flask-cors python3-jwt'

/** Vitest's global set-up: one emulator for all test files, in memory, on the loopback interface. */
export default async function setup(project: TestProject) {
  const needed = 'import moto.server, moto.cloudformation.parsing, jwt'
  const { error, status, stderr } = spawnSync(PYTHON, ['-c', needed])
  if (error !== undefined || status !== 0) {
    const why = error?.message ?? String(stderr).trim().split('\n').at(-1)
    throw new Error(`No emulator of AWS: ${why}. On Debian 13, install it: ${INSTALL}`)
  }
  const emulator = await startEmulator()
  project.provide('emulatorUrl', emulator.url)
  return async () => {
    const output = await emulator.stop()
    // Tracebacks, to find the cause of a failure.
    mkdirSync('.results', { recursive: true })
    writeFileSync('.results/emulator.log', output)
  }
}

/**
 * Starts an emulator.
 *
 * @param environment - Settings of moto.
 */
export async function startEmulator(environment: Record<string, string> = {}) {
  const child = spawn(PYTHON, [fileURLToPath(new URL('emulator.py', import.meta.url)), '--port', '0'], {
    env: { PYTHONDONTWRITEBYTECODE: '1', MOTO_ACCOUNT_ID: '123456789012', ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let output = ''
  const url = await new Promise<string>((resolve, reject) => {
    child.stderr.on('data', (chunk: Buffer) => {
      output += chunk
      const [, address] = /Running on (http:\S+)/.exec(output) ?? []
      if (address !== undefined) resolve(address)
    })
    child.on('exit', (code) => reject(new Error(`the emulator ended with ${code}:\n${output}`)))
  })
  return {
    url,
    /** Ends it, and returns what it has written. */
    async stop(): Promise<string> {
      child.kill('SIGTERM')
      if (child.exitCode === null) await once(child, 'exit')
      return output
    },
  }
}
