import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { SYSTEM_NAMES } from '../../../scripts/users/export/leave.ts'
import { wordsOf } from '../../support/process/command.ts'
import { PASSWORD, readyHash, useStore } from '../../support/process/operator.ts'
import { root } from '../../support/process/service-description.ts'
import { addMover, addMovers, newFolder } from './movers.ts'

// The commands of docs/MOVING.md. `better-auth.proof.test.ts` runs the programs of examples/moving.

const store = await useStore()
await addMovers(store.table, readyHash())
const section =
  readFileSync(join(root, 'docs/MOVING.md'), 'utf8').split('## Leaving\n')[1]?.split(/^## /m)[0] ?? ''
const commands = [...section.matchAll(/^ *npm run users -- (export .*)$/gm)].map(([, words = '']) => words)

test('Leaving shows the command for all systems, and for a pool of Cognito', () => {
  expect(commands.filter((command) => command.includes('--to'))).toEqual([
    'export --to moved --for SYSTEM --stage prod',
    'export --to moved --for cognito --pool-header header.json --stage prod',
  ])
  expect(section).toContain(
    SYSTEM_NAMES.slice(0, -1)
      .map((name) => `\`${name}\``)
      .join(', '),
  )
})

test.each(SYSTEM_NAMES)('the command for %s writes the files that the section names', async (system) => {
  const folder = newFolder()
  const header = join(folder, '../header.json')
  const columns = ['cognito:username', 'cognito:mfa_enabled', 'email', 'email_verified', 'cognito:password']
  writeFileSync(header, JSON.stringify({ CSVHeader: columns }))
  const command = commands.find((one) => one.includes(`--for ${system}`)) ?? String(commands[0])
  const words = wordsOf(command.replace('SYSTEM', system).replace(' --stage prod', ''))
  const args = words.map((word) => ({ moved: folder, 'header.json': header })[word] ?? word)
  expect(await store.run(args)).toMatchObject({ status: 0 })
  for (const name of NAMED[system]) expect(existsSync(join(folder, name)), name).toBe(true)
  for (const name of NAMED[system]) expect(name.endsWith('.jsonl') || section.includes(name), name).toBe(true)
})

/** Files that the section names, each of a system. */
const NAMED = {
  cognito: ['argon2id-1.json'],
  'better-auth': ['user.jsonl', 'account.jsonl', 'passkey.jsonl', 'twoFactor.jsonl'],
  keycloak: ['realm.json'],
  supabase: ['load.sql'],
  json: ['users.jsonl'],
}

test('the changes since the export have who has a new password and who is deleted', async () => {
  const command = /^ *npm run users -- (events .*) --stage prod$/m.exec(section)?.[1] ?? ''
  await addMover(store.table, { username: 'grace' })
  const { id } = await addMover(store.table, { username: 'heidi' })
  await store.run(['set-password', 'grace'], `${PASSWORD}\n`)
  await store.run(['remove', 'heidi', '--yes'])
  const { stdout } = await store.run(wordsOf(command))
  expect(stdout).toMatch(/grace.*password/)
  expect(stdout).toMatch(new RegExp(`${id} +deleted`))
})
