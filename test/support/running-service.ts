import { fileURLToPath } from 'node:url'
import type { TestProject } from 'vitest/node'
import { startService } from './service.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** URL of the service under test, without a slash at the end. */
    serviceUrl: string
    /** URL of its DynamoDB. */
    dynamoDbUrl: string
    /** URL of its KMS. */
    kmsUrl: string
  }
}

const printKms = fileURLToPath(new URL('./verifiers/print-kms.ts', import.meta.url))

/** Starts one service for all test files that call `inject('serviceUrl')`: Vitest's global set-up. */
export default async function setup(project: TestProject) {
  // Whole test files send wrong passwords, all from one address. test/sessions has services with the usual limits.
  const limits = {
    limitUserAndSource: '10000/900',
    limitSource: '10000/900',
    limitKnownSource: '10000/900',
    limitUser: '10000/86400',
    limitUserAndKnownSource: '10000/86400',
    limitMailSource: '10000/3600',
    limitMailRecipient: '100/3600',
  }
  const service = await startService(limits, ['--import', printKms])
  project.provide('serviceUrl', service.url)
  project.provide('dynamoDbUrl', service.dynamoDbUrl)
  project.provide('kmsUrl', /its KMS is at (\S+)/.exec(service.output())?.[1] ?? '')
  return () => service.stop()
}
