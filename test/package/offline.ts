import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { freePort } from '../support/process/service.ts'
import { cleanEnvironment, root } from '../support/process/service-description.ts'
import type { Foreign } from './foreign.ts'

/**
 * Starts `sls offline` in a project, and waits until it prints that it is ready.
 *
 * @param ready - What it prints then. Its demo users are the last lines of the package.
 */
export async function startOffline(
  { folder }: Foreign,
  env: Record<string, string> = {},
  ready = /\(password \w+\)/,
) {
  const port = await freePort()
  const args = ['offline', 'start', '--httpPort', String(port), '--lambdaPort', String(await freePort())]
  const child = spawn(process.execPath, [join(root, 'node_modules/.bin/sls'), ...args], {
    cwd: folder,
    env: { ...cleanEnvironment(), ...env },
  })
  let output = ''
  await new Promise<void>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      output += chunk
      if (ready.test(output)) resolve()
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    child.once('close', () => reject(new Error(output)))
  })
  return {
    url: `http://localhost:${port}`,
    output: () => output,
    async stop() {
      child.removeAllListeners('close')
      if (child.exitCode !== null) return
      child.kill()
      await once(child, 'exit')
    },
  }
}

/** Calls an operation of a local DynamoDB, without arguments. */
export async function callDynamoDb(endpoint: string, operation: string): Promise<unknown> {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/x-amz-json-1.0',
      'X-Amz-Target': `DynamoDB_20120810.${operation}`,
      Authorization:
        'AWS4-HMAC-SHA256 Credential=local/20261129/eu-west-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0',
      'X-Amz-Date': '20261129T000000Z',
    },
    body: '{}',
  })
  return await response.json()
}
