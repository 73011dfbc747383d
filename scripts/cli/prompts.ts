import { safeParse } from 'zod/mini'
import { MAX_PASSWORD_BYTES, Password } from '../../lib/http/schemas.ts'
import {
  brokenPasswordRule,
  type ForbiddenNames,
  MAX_CODE_POINTS,
  MIN_CODE_POINTS,
} from '../../lib/passwords/rules.ts'
import type { Io } from './io.ts'
import { Refusal } from './refusal.ts'

/** The part of {@link Io} that asks. Questions go to standard error: standard output is for results. */
export type Terminal = Pick<Io, 'stdin' | 'stderr'>

const PASSWORD_RULES =
  `A password has ${MIN_CODE_POINTS} to ${MAX_CODE_POINTS} characters.\n` +
  'It must not be the username, the e-mail address or a commonly used password.\n'

/** Enough for every valid password, also in a longer normalisation form. */
const MAX_LINE_BYTES = 4 * MAX_PASSWORD_BYTES

/**
 * Asks for a new password. At a terminal it states the rules, shows nothing of what is typed, and asks again only
 * for a password that breaks no rule. Otherwise it reads the first line of standard input.
 *
 * @returns The password in Unicode normalisation form C.
 * @throws {@link Refusal} `refused`, if the password breaks a rule. The message states the rule.
 */
export async function askNewPassword(user: ForbiddenNames, terminal: Terminal): Promise<string> {
  if (terminal.stdin.isTTY) return await askTwice(user, terminal)
  return validPassword(await readLine(terminal.stdin), user)
}

function validPassword(typed: string, user: ForbiddenNames): string {
  const { success, data: password, error } = safeParse(Password, typed)
  const broken = success ? brokenPasswordRule(password, user) : error.issues[0]?.message
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

async function askTwice(user: ForbiddenNames, { stdin, stderr }: Terminal): Promise<string> {
  const { password } = await import('@inquirer/prompts')
  const ask = (message: string) =>
    password({ message, mask: false, toggleMask: false }, { input: stdin, output: stderr })
  stderr.write(PASSWORD_RULES)
  const typed = await ask(`New password of ${user.username}:`)
  const valid = validPassword(typed, user)
  if (typed !== (await ask('Repeat the password:'))) {
    throw new Refusal('refused', 'The two passwords differ. Nothing was changed.')
  }
  return valid
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
