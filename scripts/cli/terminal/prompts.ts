import { safeParse } from 'zod/mini'
import { MAX_PASSWORD_BYTES, Password } from '../../../lib/http/schemas/fields.ts'
import {
  brokenPasswordRule,
  type ForbiddenNames,
  MAX_CODE_POINTS,
  MIN_CODE_POINTS,
} from '../../../lib/passwords/rules.ts'
import type { Io } from '../io.ts'
import { Refusal } from '../refusal.ts'

/** The part of {@link Io} that asks. Questions go to standard error: standard output is for results. */
export type Terminal = Pick<Io, 'stdin' | 'stderr'>

const PASSWORD_RULES =
  `A password has ${MIN_CODE_POINTS} to ${MAX_CODE_POINTS} characters.\n` +
  'It must not be the username, the e-mail address or a commonly used password.\n'

/** Enough for every valid password, also in a longer normalisation form. */
const MAX_LINE_BYTES = 4 * MAX_PASSWORD_BYTES

/**
 * Asks for a new password. At a terminal it states the rules, shows nothing of what is typed, and asks until a password breaks
 * no rule and was repeated. Otherwise it reads the first line of standard input.
 *
 * @param check - Refuses a password for another reason.
 * @returns The password in Unicode normalisation form C.
 * @throws {@link Refusal} `refused`, if the password of standard input breaks a rule. The message states the rule.
 */
export async function askNewPassword(
  user: ForbiddenNames,
  terminal: Terminal,
  check = async (_password: string): Promise<void> => {},
): Promise<string> {
  if (terminal.stdin.isTTY) return await askUntilValid(user, terminal, check)
  const valid = validPassword(await readLine(terminal.stdin), user)
  await check(valid)
  return valid
}

function validPassword(typed: string, user: ForbiddenNames): string {
  const { success, data: password, error } = safeParse(Password, typed)
  const broken = success ? brokenPasswordRule(password, user)?.detail : error.issues[0]?.message
  if (password === undefined || broken !== undefined) {
    throw new Refusal('refused', `Invalid password: ${broken}`)
  }
  return password
}

/**
 * Asks the operator at a terminal to confirm.
 *
 * @throws {@link Refusal} `refused` without a confirmation, and `usage` without a terminal.
 */
export async function confirmOrRefuse(question: string, { stdin, stderr }: Terminal): Promise<void> {
  if (!stdin.isTTY) throw new Refusal('usage', 'Cannot ask without a terminal. Use --yes to confirm.')
  const { confirm } = await import('@inquirer/prompts')
  const yes = await confirm({ message: question, default: false }, { input: stdin, output: stderr })
  if (!yes) throw new Refusal('refused', 'Nothing was changed.')
}

async function askUntilValid(
  user: ForbiddenNames,
  { stdin, stderr }: Terminal,
  check: (password: string) => Promise<void>,
): Promise<string> {
  const { password } = await import('@inquirer/prompts')
  const ask = (message: string) => password({ message, mask: false }, { input: stdin, output: stderr })
  stderr.write(PASSWORD_RULES)
  for (;;) {
    try {
      const typed = await ask(`New password of ${user.username}:`)
      const valid = validPassword(typed, user)
      await check(valid)
      if (typed === (await ask('Repeat the password:'))) return valid
      stderr.write('The two passwords differ. Try again.\n')
    } catch (error) {
      // Ctrl-C ends it.
      if (!(error instanceof Refusal)) throw error
      stderr.write(`${error.message} Try again.\n`)
    }
  }
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
  if (line.length === 0) throw new Refusal('usage', 'Missing password on standard input.')
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(line).replace(/\r$/, '')
  } catch {
    throw new Refusal('refused', 'Invalid password: Must be UTF-8.')
  }
}
