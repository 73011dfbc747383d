import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { clientsCommand } from '../../scripts/clients/command.ts'
import { useAws } from '../support/aws/table.ts'
import { beginInProcess, wordsOf } from '../support/process/command.ts'
import { describeService, root } from '../support/process/service-description.ts'

const service = describeService()

test.each([
  ['OAUTH.md', 10],
  ['MOVING.md', 5],
  ['MCP.md', 1],
])('the commands in %s print what it shows', async (document, count) => {
  const exchanges = exchangesIn(document)
  expect(exchanges.length).toBeGreaterThan(count)
  // As `npm start` does, with the demo clients.
  const local = await useAws(service)
  for (const { command, output } of exchanges) {
    const printed = await outputOf(command, local.settings.endpoints.dynamodb.origin)
    const source = output.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&').replaceAll('…', '\\S+')
    expect({ command, printed }).toEqual({
      command,
      printed: expect.stringMatching(new RegExp(`^${source}$`)),
    })
  }
})

/** Returns the commands of `npm run clients` that a document shows, each with its output. `…` stands for what differs each time. */
const exchangesIn = (document: string) =>
  [...readFileSync(`${root}/docs/${document}`, 'utf8').matchAll(/^```console\n(.*?)^```$/gms)]
    .flatMap(([, text = '']) => text.split(/^\$ /m).slice(1))
    .map((text) => {
      const [command = '', ...output] = text.trimEnd().split('\n')
      return { command, output: output.join('\n') }
    })
    .filter(({ command }) => command.startsWith('npm run clients '))

/** Runs a command at an endpoint and returns what it prints, but for the hint on a secret. */
async function outputOf(command: string, endpoint: string): Promise<string> {
  const [npm, run, name, dashes, ...args] = wordsOf(command)
  expect([npm, run, name, dashes]).toEqual(['npm', 'run', 'clients', '--'])
  const { stdin, outcome } = beginInProcess(clientsCommand, [...args, '--endpoint', endpoint])
  stdin.end()
  const { stdout, stderr } = await outcome
  return `${stdout}${stderr.replace(/^Store the secret now.*\n/, '')}`.trimEnd()
}
