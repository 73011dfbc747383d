import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { TestProject } from 'vitest/node'
import { recordEventsAt } from '../../local/outgoing/record.ts'
import { sendByPath, startDocumentHost } from '../../oauth/document-host.ts'
import { MANY_PASSWORDS, startService } from './service.ts'

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

/** Modules that the service loads before its own. */
const PRELOADED = [
  new URL('../../verifiers/print-kms.ts', import.meta.url),
  new URL('../../http/openapi/faulty.ts', import.meta.url),
]

/**
 * Starts one service for all test files that call `inject('serviceUrl')`: Vitest's global set-up. A run of files that do not
 * use it, such as `npx vitest run test/sessions/clock`, does not start it.
 */
export default async function setup(project: TestProject) {
  if (!(await isUsed(project))) return
  // Whole test files send wrong passwords, all from one address. test/sessions has services with the usual limits.
  const limits = {
    ...MANY_PASSWORDS,
    limitMailSource: '10000/3600',
    limitMailRecipient: '100/3600',
  }
  const host = await startDocumentHost()
  host.reply = sendByPath
  Object.assign(process.env, host.environment())
  const service = await startService(
    limits,
    PRELOADED.flatMap(({ href }) => ['--import', href]),
  )
  project.provide('serviceUrl', service.url)
  project.provide('dynamoDbUrl', service.dynamoDbUrl)
  project.provide('kmsUrl', /its KMS is at (\S+)/.exec(service.output())?.[1] ?? '')
  return async () => {
    await recordEventsAt(service.dynamoDbUrl, project.getProvidedContext().eventsFile)
    await service.stop()
    host.stop()
  }
}

/** Returns whether a file of the run uses the service, by itself or by what it imports. */
async function isUsed(project: TestProject): Promise<boolean> {
  // The arguments of `vitest run`. The member is there, and Vitest's types leave it out.
  const filters: string[] | undefined = Object(project.vitest).filenamePattern
  const { testFiles } = await project.globTestFiles(filters)
  const read = new Set<string>()
  const uses = (file: string): boolean => {
    if (read.has(file)) return false
    read.add(file)
    const text = readFileSync(file, 'utf8')
    const imports = [...text.matchAll(/^(?:import|export|\}) .*from '(\.{1,2}\/[^']+\.ts)'/gm)]
    return (
      /inject\('(serviceUrl|dynamoDbUrl|kmsUrl)'\)/.test(text) ||
      imports.some(([, path = '']) => uses(resolve(file, '..', path)))
    )
  }
  return testFiles.some(uses)
}
