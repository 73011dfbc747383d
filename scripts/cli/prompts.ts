import { safeParse } from 'zod/mini'
import { Password } from '../../lib/http/schemas.ts'
import { brokenPasswordRule } from '../../lib/passwords/rules.ts'
import { Refusal } from './refusal.ts'

/** Where answers come from and questions go to; standard output is for results alone. */
export interface Terminal {
  input: NodeJS.ReadableStream & { isTTY?: boolean }
  output: NodeJS.WritableStream
}

const MAX_LINE_BYTES = 4_096

/**
 * Asks for a new password: twice and hidden at a terminal, otherwise it is the first line of the input.
 *
 * @returns The password in Unicode normalisation form C.
 * @throws {@link Refusal} `refused` if it breaks a rule, and says which.
 */
export async function askNewPassword(username: string, terminal: Terminal): Promise<string> {
  const typed = terminal.input.isTTY ? await askTwice(username, terminal) : await readLine(terminal.input)
  const { success, data: password, error } = safeParse(Password, typed)
  const broken = success ? brokenPasswordRule(password, username) : error.issues[0]?.message
  if (password === undefined || broken !== undefined) {
    throw new Refusal('refused', `The password was refused: ${broken}`)
  }
  return password
}

/**
 * Asks whether to go on, at a terminal.
 *
 * @throws {@link Refusal} `refused` if not, and `usage` where nobody can be asked.
 */
export async function confirmOrRefuse(question: string, terminal: Terminal): Promise<void> {
  if (!terminal.input.isTTY) throw new Refusal('usage', 'Give --yes where there is no terminal to ask at.')
  const { confirm } = await import('@inquirer/prompts')
  const yes = await confirm({ message: question, default: false }, terminal)
  if (!yes) throw new Refusal('refused', 'Nothing was changed.')
}

async function askTwice(username: string, terminal: Terminal): Promise<string> {
  const { password } = await import('@inquirer/prompts')
  const ask = (message: string) => password({ message, mask: false, toggleMask: false }, terminal)
  const typed = await ask(`New password of ${username}:`)
  if (typed !== (await ask('Once more:'))) {
    throw new Refusal('refused', 'The two passwords differ: nothing was changed.')
  }
  return typed
}

async function readLine(input: NodeJS.ReadableStream): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of input) {
    chunks.push(Buffer.from(chunk))
    bytes += chunk.length
    if (bytes > MAX_LINE_BYTES || chunk.includes('\n')) break
  }
  const text = Buffer.concat(chunks)
  const end = text.indexOf('\n')
  const line = end === -1 ? text : text.subarray(0, end)
  if (line.length === 0) throw new Refusal('usage', 'There was no password on standard input.')
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(line).replace(/\r$/, '')
  } catch {
    throw new Refusal('refused', 'The password was refused: it is not UTF-8.')
  }
}
