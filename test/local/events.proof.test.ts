import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { OUTGOING } from '../../lib/events/outgoing.ts'
import { tableIn } from '../docs/table.ts'
import { atEnd } from '../support/at-end.ts'
import { copySources } from '../support/process/checkout.ts'
import { begin, wordsOf } from '../support/process/command.ts'
import { useLocalService } from '../support/process/local-service.ts'
import { readyHash } from '../support/process/operator.ts'
import { root } from '../support/process/service-description.ts'

// EVENTS.md under `npm start`, in a copy of this repository.

const document = readFileSync(`${root}/docs/EVENTS.md`, 'utf8')
const [, code = ''] = /^```ts\n(.*?)^```$/ms.exec(document) ?? []
const [, entry = ''] = /^```yaml\n(.*?)^```$/ms.exec(document) ?? []
const [, shown = ''] = /^```text\n(.*?)^```$/ms.exec(document) ?? []
const [, command = ''] = /`npm run users -- (.*?)`/.exec(document) ?? []

/** Fails for each user who is removed. */
const FRAGILE = `export const handler = async () => {
  console.log('fragile is invoked')
  throw new Error('no time')
}
`

const folder = mkdtempSync(join(tmpdir(), 'events-'))
// After the service has stopped: it writes into the folder until then.
atEnd(() => rmSync(folder, { recursive: true }))
copySources(folder)
cpSync(`${root}/packages`, `${folder}/packages`, { recursive: true })
writeFileSync(`${folder}/functions/welcome.ts`, code.replace("'serverless-jwt-auth/events'", importHere()))
writeFileSync(`${folder}/functions/fragile.ts`, FRAGILE)
const functions = readFileSync(`${folder}/serverless.yml`, 'utf8')
const fragile = '  fragile: { handler: functions/fragile.handler, events: [{ authEvent: [user.deleted] }] }\n'
writeFileSync(
  `${folder}/serverless.yml`,
  functions.replace(/^functions:\n/m, (line) => line + entry + fragile),
)

const service = await useLocalService({ folder })

test('EVENTS.md leads to a welcome mail, in ten lines and by its command', async () => {
  expect(linesIn(code) + linesIn(entry)).toBe(10)
  const mark = service.output().length
  expect(await users(command)).toBe(0)
  const printed = () => service.output().slice(mark).replace(/ +$/gm, '')
  await expect.poll(() => printed().replace(/\d+ ms/, '87 ms')).toBe(shown)
  const [mail] = (await (await fetch(`${service.url}/mailbox.json`)).json()) as { text: string }[]
  expect(mail?.text).toBe('Your name here is ada.')
})

test('a function that fails is tried three times, and then is one line', async () => {
  const mark = service.output().length
  expect(await users('remove ada --yes')).toBe(0)
  const lines = () =>
    service
      .output()
      .slice(mark)
      .match(/^.*fragile.*$/gm)
      ?.filter((line) => !/^ /.test(line))
  await expect
    .poll(lines)
    .toEqual([
      'fragile is invoked',
      'fragile is invoked',
      'fragile is invoked',
      'user.deleted → fragile failed 3 times: fragile threw Error: no time',
    ])
})

test('each tenth event comes twice', async () => {
  const mark = service.output().length
  const lines = () =>
    service
      .output()
      .slice(mark)
      .match(/^user\.created .*$/gm) ?? []
  // Two events came before.
  for (let user = 3; user <= 10; user += 1) {
    expect(await users(`add user-${user}`)).toBe(0)
    await expect.poll(() => lines().length).toBeGreaterThanOrEqual(user - 2)
  }
  await expect.poll(lines).toHaveLength(9)
  expect(lines().filter((line) => /^user\.created → welcome \d+ ms \(again\)$/.test(line))).toHaveLength(1)
})

test('an import invokes no function', async () => {
  const mark = service.output().length
  const file = join(folder, 'users.jsonl')
  writeFileSync(file, `${JSON.stringify({ username: 'moved', passwordHash: readyHash(), role: 'user' })}\n`)
  expect(await users(`import ${file}`)).toBe(0)
  expect(await users('add last')).toBe(0)
  await expect.poll(() => service.output().slice(mark)).toMatch(/^user\.created → welcome \d+ ms\n$/)
})

test('the table of types in EVENTS.md has all that leave', () => {
  const types = tableIn(document, 'Type').flatMap(([cell = '']) =>
    [...cell.matchAll(/`([a-z]+\.[a-z]+)`/g)].map(([, type]) => type),
  )
  expect(types.toSorted()).toEqual(OUTGOING.all.toSorted())
})

const linesIn = (block: string) => block.split('\n').filter((line) => line.trim() !== '').length

/** Returns what a clone imports from, as the document says. */
function importHere(): string {
  const [, path = ''] = /In a clone of this repository, import from `('.*?')`/.exec(document) ?? []
  return path
}

/** Runs a command with `--local`, as an operator does in the folder. */
async function users(args: string): Promise<number | null> {
  const local = args.includes('--local') ? [] : ['--local']
  const { child, outcome } = begin('scripts/users.ts', [...wordsOf(args), ...local], service.env, folder)
  child.stdin.end('correct horse battery staple')
  const { status, stderr } = await outcome
  if (status !== 0) console.error(stderr)
  return status
}
