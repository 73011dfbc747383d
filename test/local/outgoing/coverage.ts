import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { TestProject } from 'vitest/node'
import { OUTGOING } from '../../../lib/events/outgoing.ts'
import { entryOf } from '../../../lib/events/publish.ts'
import { eventIn } from '../../../lib/events/store.ts'
import { isWhole } from '../../http/openapi/coverage.ts'
import { root } from '../../support/process/service-description.ts'
import { hasPython, PYTHON } from '../../verifiers/programs.ts'
import { faultsOf, SOURCE } from './judge.ts'
import { changesWithoutSentence } from './sentences.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** File with every event that the tests have written; see `test/local/outgoing/record.ts`. */
    eventsFile: string
  }
}

/** Faults of one run that are printed. */
const SHOWN = 20

const bus = { name: 'bus', source: SOURCE, types: OUTGOING.all }

/**
 * Vitest's global set-up. Maps every event that the tests have written as it leaves the service, and fails the run if one breaks
 * CloudEvents 1.0 or has anything but ids and words of closed lists, or if a change has no sentence on the page /account. A run of all tests must have an event of each type.
 */
export default function setup(project: TestProject) {
  const eventsFile = `${project.config.root}/.results/events-${project.name}-${process.pid}.txt`
  mkdirSync(`${project.config.root}/.results`, { recursive: true })
  writeFileSync(eventsFile, '')
  project.provide('eventsFile', eventsFile)
  return async () => {
    const entries = readFileSync(eventsFile, 'utf8').split('\n').filter(Boolean).flatMap(leaving)
    rmSync(eventsFile)
    if (entries.length === 0) return
    // Vitest prints an error that a teardown throws, and does not change the exit code.
    const { exitCode } = process
    process.exitCode = 1
    const details = entries.map(({ Detail }) => Detail)
    const silent = await changesWithoutSentence(details)
    const faults = [
      ...faultsIn(details),
      ...silent.map((change) => `functions/pages/account/wording.js has no sentence for ${change}.`),
    ]
    const types = new Set(entries.map(({ DetailType }) => DetailType))
    console.log(`${entries.length} events of ${types.size} types leave, ${faults.length} with a fault`)
    const unseen = OUTGOING.all.filter((type) => !types.has(type))
    if (unseen.length > 0 && (await isWhole(project)))
      faults.push(`No test has an event ${unseen.join(' or ')}.`)
    if (faults.length > 0)
      throw new Error(`Events leave the service with faults:\n${faults.slice(0, SHOWN).join('\n')}`)
    process.exitCode = exitCode
  }
}

function faultsIn(details: readonly string[]): string[] {
  const refused = judgedByPython(details)
  if (refused === undefined)
    console.warn('The SDK of CloudEvents for Python is skipped: `pip install cloudevents` installs it.')
  return [...new Set([...details.flatMap(faultsOf), ...(refused ?? [])])]
}

/** Routes and commands that tests make up: their events have ids that the service does not make. */
const MADE_UP = ['test', 'a copy', 'POST /test']

/** Returns the entry of `PutEvents` for a stored event, if it leaves the service. */
function leaving(item: string) {
  const event = eventIn(JSON.parse(item))
  const leaves = (bus.types as readonly string[]).includes(event.type) && !MADE_UP.includes(event.via)
  return leaves ? [entryOf(event, bus)] : []
}

/** Returns the reasons why the SDK of CloudEvents for Python refuses events. `undefined` without it: Debian has no package of it. */
export function judgedByPython(details: readonly string[]): string[] | undefined {
  if (!hasPython('cloudevents.core')) return undefined
  const script = `${root}/test/local/outgoing/judge.py`
  const { status, stdout, stderr } = spawnSync(PYTHON, [script], {
    input: details.join('\n'),
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
  })
  return status === 0 ? stdout.split('\n').filter(Boolean) : [stderr]
}
