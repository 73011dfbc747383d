import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { smokeCommand } from '../../../scripts/smoke/command.ts'
import { type Access, accessReader, type Call } from '../../infrastructure/policy.ts'
import { beginInProcess, type Outcome } from '../../support/process/command.ts'
import { startService } from '../../support/process/service.ts'
import type { ServiceDescription } from '../../support/process/service-description.ts'

/** What a function did to AWS, and the check that had it done. */
export interface Reached extends Access {
  functionKey: string
  check: string
}

/** Runs all checks on a separate local service. @returns What they had functions do to AWS. */
export async function recordSmoke(
  description: ServiceDescription,
): Promise<{ outcome: Outcome; reached: Reached[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'smoke-'))
  const file = join(folder, 'calls')
  const recorder = new URL(`./recorder.ts?${new URLSearchParams({ file })}`, import.meta.url).href
  const service = await startService({}, ['--import', recorder])
  try {
    const { io, outcome } = beginInProcess(smokeCommand, [
      '--local',
      '--url',
      service.url,
      '--endpoint',
      service.dynamoDbUrl,
    ])
    io.stdout.on('data', (line: string) => appendFileSync(file, `${JSON.stringify({ line })}\n`))
    return { outcome: await outcome, reached: readReached(readFileSync(file, 'utf8'), description) }
  } finally {
    await service.stop()
    rmSync(folder, { recursive: true })
  }
}

/** Reads the calls of functions, each in front of the line that the check behind it has printed. */
function readReached(text: string, description: ServiceDescription): Reached[] {
  const accessesOf = accessReader(description)
  const reached: Reached[] = []
  let calls: (Call & { name: string })[] = []
  for (const { line, ...call } of text
    .trim()
    .split('\n')
    .map((one) => JSON.parse(one))) {
    if (line === undefined) {
      calls.push(call)
      continue
    }
    const [, check = ''] = /^\w+ +(?:\d+ ms)? {2}([^:\n]+)/.exec(line) ?? []
    const made = calls.flatMap((one) =>
      accessesOf(one).map((access) => ({ ...access, functionKey: one.name, check })),
    )
    reached.push(...made)
    calls = []
  }
  return reached
}
