import { PassThrough } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import { expect, test } from 'vitest'
import { askNewPassword, confirmOrRefuse } from './prompts.ts'

const PASSWORD = 'correct horse battery staple'

/** A terminal whose user answers each question, in order, once it is asked. */
function terminal(answers: [question: string, keys: string][]) {
  const input = Object.assign(new PassThrough(), { isTTY: true })
  // As standard error, it outlives each question.
  const output = Object.assign(new PassThrough(), { end: () => output })
  let shown = ''
  const left = [...answers]
  output.on('data', (chunk) => {
    shown += chunk
    const next = left[0]
    if (next && stripVTControlCharacters(shown).includes(next[0])) {
      left.shift()
      // A question is on the screen a moment before it listens.
      setImmediate(() => input.write(next[1]))
    }
  })
  return { io: { input, output }, shown: () => stripVTControlCharacters(shown) }
}

test('a password is asked for twice at a terminal, and never shown', async () => {
  const { io, shown } = terminal([
    ['New password of ada:', `${PASSWORD}\r`],
    ['Once more:', `${PASSWORD}\r`],
  ])
  expect(await askNewPassword('ada', io)).toBe(PASSWORD)
  expect(shown()).not.toContain('correct')
})

test('two passwords that differ are refused', async () => {
  const { io } = terminal([
    ['New password of ada:', `${PASSWORD}\r`],
    ['Once more:', `${PASSWORD}!\r`],
  ])
  await expect(askNewPassword('ada', io)).rejects.toMatchObject({
    outcome: 'refused',
    message: 'The two passwords differ: nothing was changed.',
  })
})

test.each([
  ['New password of ada:', (io: ReturnType<typeof terminal>['io']) => askNewPassword('ada', io)],
  ['Sure?', (io: ReturnType<typeof terminal>['io']) => confirmOrRefuse('Sure?', io)],
])('Ctrl-C at «%s» ends it', async (question, ask) => {
  const { io } = terminal([[question, '\u0003']])
  await expect(ask(io)).rejects.toMatchObject({ name: 'ExitPromptError' })
})

test('only a yes at a terminal confirms', async () => {
  await confirmOrRefuse('Sure?', terminal([['Sure?', 'y\r']]).io)
  for (const keys of ['\r', 'n\r']) {
    await expect(confirmOrRefuse('Sure?', terminal([['Sure?', keys]]).io)).rejects.toMatchObject({
      outcome: 'refused',
      message: 'Nothing was changed.',
    })
  }
})

test.each([
  [
    'not UTF-8',
    Buffer.from([...Buffer.from(PASSWORD), 0xe9, 0x0a]),
    'The password was refused: it is not UTF-8.',
  ],
  ['an empty line', Buffer.from('\n'), 'There was no password on standard input.'],
  ['endless', Buffer.alloc(1 << 20, 'x'), 'The password was refused: At most 1,024 bytes of UTF-8.'],
])('standard input that is %s gives no password', async (_, bytes, message) => {
  const input = new PassThrough()
  input.end(bytes)
  await expect(askNewPassword('ada', { input, output: new PassThrough() })).rejects.toMatchObject({ message })
})

test('a password that comes in pieces, without a line ending, is one', async () => {
  const input = new PassThrough()
  const asked = askNewPassword('ada', { input, output: new PassThrough() })
  for (const character of PASSWORD) input.write(character)
  input.end()
  expect(await asked).toBe(PASSWORD)
})
