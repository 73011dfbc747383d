import { existsSync, readFileSync } from 'node:fs'
import { expect, onTestFinished, test, vi } from 'vitest'
import * as here from './commands.ts'

/** Returns the words of the installed package. */
async function ofPackage(): Promise<typeof here> {
  vi.resetModules()
  vi.doMock('./origin.ts', () => ({ IS_PACKAGE: true }))
  onTestFinished(() => {
    vi.doUnmock('./origin.ts')
    vi.resetModules()
  })
  return await import('./commands.ts')
}

test('messages name the scripts and documents of this repository', () => {
  const words = [here.START, here.START_WITH, here.commandName('users'), here.commandLine('users', 'list')]
  expect(words).toEqual(['npm start', 'npm start --', 'users', 'npm run users -- list'])
  expect(here.missingTarget('users', 'list --local')).toBe(
    'Missing target. Use --local or --stage NAME after the double dash: npm run users -- list --local',
  )
  expect(existsSync(here.documentOf('MAIL.md'))).toBe(true)
})

test('messages of the package name npx commands and documents on the web', async () => {
  const { START, START_WITH, commandName, commandLine, missingTarget, documentOf } = await ofPackage()
  const words = [START, START_WITH, commandName('users'), commandLine('users', 'list')]
  expect(words).toEqual([
    'npx sls offline',
    'npx sls offline',
    'npx --no serverless-jwt-auth users',
    'npx --no serverless-jwt-auth users list',
  ])
  expect(missingTarget('users', 'list --local')).toBe(
    'Missing target. Use --local or --stage NAME: npx --no serverless-jwt-auth users list --local',
  )
  const { repository } = JSON.parse(readFileSync('package.json', 'utf8'))
  const home = repository.url.replace(/^git\+/, '').replace(/\.git$/, '')
  expect(documentOf('MAIL.md')).toBe(`${home}/blob/main/docs/MAIL.md`)
})
