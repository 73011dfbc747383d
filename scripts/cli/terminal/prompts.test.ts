import { PassThrough } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import { expect, test } from 'vitest'
import { Refusal } from '../refusal.ts'
import { askNewPassword, confirmOrRefuse } from './prompts.ts'

const PASSWORD = 'correct horse battery staple'

test('a terminal shows the rules, asks for the password twice and never shows it', async () => {
  const { io, shown } = terminal([
    ['New password of ada:', `${PASSWORD}\r`],
    ['Repeat the password:', `${PASSWORD}\r`],
  ])
  expect(await askNewPassword({ username: 'ada' }, io)).toBe(PASSWORD)
  expect(shown()).toMatch(
    /^A password has 15 to 128 characters\.\nIt must not be the username, the e-mail address or a commonly used password\.\n/,
  )
  expect(shown()).not.toContain('correct')
})

test('a terminal asks again after a refused password and after two different ones', async () => {
  const again = (fault: string) => `${fault} Try again.\n? New password of ada:`
  const { io, shown } = terminal([
    ['New password of ada:', 'short\r'],
    [again('Must be at least 15 characters.'), `${PASSWORD} of a breach\r`],
    [again('It is known.'), `${PASSWORD}\r`],
    ['Repeat the password:', `${PASSWORD}!\r`],
    [again('The two passwords differ.'), `${PASSWORD}\r`],
    ['Repeat the password:', `${PASSWORD}\r`],
  ])
  const check = async (password: string) => {
    if (password.includes('breach')) throw new Refusal('refused', 'It is known.')
  }
  expect(await askNewPassword({ username: 'ada' }, io, check)).toBe(PASSWORD)
  expect(shown()).toContain('Invalid password: Must be at least 15 characters. Try again.\n')
})

test.each([
  [
    'New password of ada:',
    (io: ReturnType<typeof terminal>['io']) => askNewPassword({ username: 'ada' }, io),
  ],
  ['Sure?', (io: ReturnType<typeof terminal>['io']) => confirmOrRefuse('Sure?', io)],
])('Ctrl-C at «%s» ends it', async (question, ask) => {
  const { io } = terminal([[question, '\u0003']])
  await expect(ask(io)).rejects.toMatchObject({ name: 'ExitPromptError' })
})

test('confirmOrRefuse accepts only a yes at a terminal', async () => {
  await confirmOrRefuse('Sure?', terminal([['Sure?', 'y\r']]).io)
  for (const keys of ['\r', 'n\r']) {
    await expect(confirmOrRefuse('Sure?', terminal([['Sure?', keys]]).io)).rejects.toMatchObject({
      outcome: 'refused',
      message: 'Nothing was changed.',
    })
  }
})

test.each([
  ['not UTF-8', Buffer.from([...Buffer.from(PASSWORD), 0xe9, 0x0a]), 'Invalid password: Must be UTF-8.'],
  ['an empty line', Buffer.from('\n'), 'Missing password on standard input.'],
  ['endless', Buffer.alloc(1 << 20, 'x'), 'Invalid password: Must not exceed 1,024 bytes in UTF-8.'],
])('askNewPassword refuses standard input that is %s', async (_, bytes, message) => {
  const stdin = new PassThrough()
  stdin.end(bytes)
  await expect(
    askNewPassword({ username: 'ada' }, { stdin, stderr: new PassThrough() }),
  ).rejects.toMatchObject({ message })
})

test('askNewPassword joins a password that arrives in pieces without a line ending', async () => {
  const stdin = new PassThrough()
  const asked = askNewPassword({ username: 'ada' }, { stdin, stderr: new PassThrough() })
  for (const character of PASSWORD) stdin.write(character)
  stdin.end()
  expect(await asked).toBe(PASSWORD)
})

/** Creates a terminal whose user types these keys, each after its question, in this order. */
function terminal(script: [question: string, keys: string][]) {
  const stdin = Object.assign(new PassThrough(), { isTTY: true })
  // Like standard error, it stays open after each question.
  const stderr = Object.assign(new PassThrough(), { end: () => stderr })
  let shown = ''
  let seen = 0
  const left = [...script]
  stderr.on('data', (chunk) => {
    shown += chunk
    const next = left[0]
    const rest = stripVTControlCharacters(shown).slice(seen)
    if (next && rest.includes(next[0])) {
      left.shift()
      seen += rest.indexOf(next[0]) + next[0].length
      // A question appears on the screen a moment before it reads keys.
      setImmediate(() => stdin.write(next[1]))
    }
  })
  return { io: { stdin, stderr }, shown: () => stripVTControlCharacters(shown) }
}
