import { readFile } from 'node:fs/promises'
import { buffer } from 'node:stream/consumers'
import { parsed } from '../../../cli/files/json.ts'
import type { Place } from '../../../cli/files/lines.ts'
import { cannotRead } from '../../../cli/files/texts.ts'
import type { Io } from '../../../cli/io.ts'
import { Refusal } from '../../../cli/refusal.ts'

/** A user of a pool, as the command line of AWS prints it. */
export interface PoolUser {
  Username: string
  /** `list-users` calls them so, and `admin-get-user` `UserAttributes`. */
  Attributes: readonly { Name: string; Value?: string }[]
  Enabled?: boolean
  UserStatus?: string
  UserCreateDate?: string | number
  /** Only `admin-get-user` has it. */
  UserMFASettingList?: readonly string[]
  /** Of users with the SMS factor of former days. */
  MFAOptions?: readonly unknown[]
}

/** The users of a file, and whether the last page says that there are more. */
interface PoolFile {
  users: (Place & { user: PoolUser })[]
  isPart: boolean
}

/**
 * Reads what `aws cognito-idp` prints as JSON: pages of `list-users` or `list-users-in-group`, and users of `admin-get-user`, one after
 * the other. It reads all of it first, so a file that is broken adds no user.
 *
 * @param file - Path, or `-` for standard input.
 * @throws {@link Refusal} `usage`, if it is anything else.
 */
export async function readPoolFile(file: string, { stdin }: Pick<Io, 'stdin'>): Promise<PoolFile> {
  const bytes = await (file === '-' ? buffer(stdin) : readFile(file)).catch(
    (error: NodeJS.ErrnoException) => {
      throw cannotRead(file, error)
    },
  )
  const users: PoolFile['users'] = []
  let isPart = false
  for (const { text, end, lines } of documentsIn(textOf(bytes, file))) {
    const value = parsed(text)
    const found = usersIn(value)
    if (found === undefined) {
      const beginning = lines[0] === undefined ? '' : ` It is something else from line ${lines[0]} on.`
      throw new Refusal('usage', `${file} is not JSON as aws cognito-idp list-users prints it.${beginning}`)
    }
    users.push(...found.map((user, index) => ({ user, end, line: lines[index + 1] ?? lines[0] ?? 1 })))
    isPart = Object(value).NextToken !== undefined || Object(value).PaginationToken !== undefined
  }
  return { users, isPart }
}

/** PowerShell's `>` writes UTF-16, and may have replaced characters by then. */
function textOf(bytes: Buffer, file: string): string {
  const isUtf16 = ['fffe', 'feff'].includes(bytes.toString('hex', 0, 2))
  const again = 'Run the command of AWS again, in Git Bash or CloudShell.'
  if (isUtf16) throw new Refusal('usage', `${file} is in UTF-16, as PowerShell writes it. ${again}`)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    if (error instanceof TypeError) throw new Refusal('usage', `${file} is not in UTF-8. ${again}`)
    throw new Refusal('usage', `${file} is larger than 512 MB. Import its pages one by one.`)
  }
}

/**
 * Splits JSON documents that follow one another.
 *
 * @returns For each its text, its end in the file, and lines: its own one, and those of the objects in its lists.
 */
function* documentsIn(text: string): Generator<{ text: string; end: number; lines: number[] }> {
  let [from, depth, line] = [0, 0, 1]
  let lines: number[] = []
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]\n]/g)) {
    if (token === '\n') line += 1
    if (token === '{' || token === '[') {
      if (depth === 0 || (depth === 2 && token === '{')) lines.push(line)
      depth += 1
    }
    if (token === '}' || token === ']') {
      depth -= 1
      if (depth !== 0) continue
      yield { text: text.slice(from, index + 1), end: index + 1, lines }
      from = index + 1
      lines = []
    }
  }
  // What is left is no document, or only the beginning of one.
  const rest = text.slice(from)
  if (rest.trim() !== '') yield { text: rest, end: text.length, lines }
}

function usersIn(document: unknown): PoolUser[] | undefined {
  const { Users, UserAttributes } = Object(document)
  const users = Array.isArray(Users) ? Users : [{ ...Object(document), Attributes: UserAttributes }]
  return users.every(isUser) ? users : undefined
}

const isUser = (value: unknown): value is PoolUser => {
  const { Username, Attributes } = Object(value)
  return typeof Username === 'string' && Array.isArray(Attributes) && Attributes.every(isAttribute)
}

const isAttribute = (value: unknown) => {
  const { Name, Value = '' } = Object(value)
  return typeof Name === 'string' && typeof Value === 'string'
}
