import { createPrivateKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Table } from '../../lib/aws/dynamodb.ts'
import { isGuid, type Provider } from '../../lib/federation/provider.ts'
import { encryptProviderSecret } from '../../lib/federation/secret.ts'
import { keyAlias } from '../../project/names.ts'
import type { Io } from '../cli/io.ts'
import { Refusal } from '../cli/refusal.ts'

/** The most that a secret or a key in PEM has. */
const MAX_BYTES = 3_000

/**
 * Asks for the client secret, or for Apple's private key. At a terminal it shows nothing of a secret that is typed, and asks for the
 * path of Apple's file. Otherwise it reads standard input.
 *
 * @throws {@link Refusal} `refused`, if it has not the form of one. The message has nothing of it.
 */
export async function askSecret(
  { kind, name }: Pick<Provider, 'kind' | 'name'>,
  io: Pick<Io, 'stdin' | 'stderr'>,
): Promise<string> {
  if (kind === 'apple') return readAppleKey(await askAppleFile(io))
  const secret = await askText(`client secret of ${name}`, io)
  if (kind === 'entra' && isGuid(secret.toLowerCase())) {
    throw new Refusal('refused', 'This is the id of the secret. Use its value, which Entra shows once.')
  }
  return secret
}

/**
 * Asks for a secret. At a terminal it shows nothing of what is typed. Otherwise it reads standard input.
 *
 * @param what - Which secret, in small letters.
 * @throws {@link Refusal} `refused`, if it has not the form of one. The message has nothing of it.
 */
export async function askText(what: string, io: Pick<Io, 'stdin' | 'stderr'>): Promise<string> {
  const typed = io.stdin.isTTY ? await prompt(what, io) : await readAll(io.stdin)
  const secret = typed.replace(/\r?\n$/, '')
  const [kind] = what.split(' of ')
  if (secret === '') throw new Refusal('usage', `Missing ${kind} on standard input.`)
  if (!/^[\x21-\x7e]{1,1000}$/.test(secret)) {
    throw new Refusal('refused', `Invalid ${kind}. It has printable ASCII characters without spaces.`)
  }
  return secret
}

async function prompt(what: string, { stdin, stderr }: Pick<Io, 'stdin' | 'stderr'>): Promise<string> {
  const { password } = await import('@inquirer/prompts')
  const message = `${what.charAt(0).toUpperCase()}${what.slice(1)}:`
  return password({ message, mask: false }, { input: stdin, output: stderr })
}

async function askAppleFile({ stdin, stderr }: Pick<Io, 'stdin' | 'stderr'>): Promise<string> {
  if (!stdin.isTTY) return readAll(stdin)
  const { input } = await import('@inquirer/prompts')
  const path = await input({ message: 'Path of the .p8 file:' }, { input: stdin, output: stderr })
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new Refusal('usage', `The file cannot be read: ${(error as NodeJS.ErrnoException).code}.`)
  }
}

/** Returns the key in PKCS #8, without what may stand around it. */
function readAppleKey(pem: string): string {
  try {
    const key = createPrivateKey(pem)
    if (key.asymmetricKeyDetails?.namedCurve === 'prime256v1') {
      return key.export({ type: 'pkcs8', format: 'pem' }).toString()
    }
  } catch {
    // The error may contain a part of the key.
  }
  throw new Refusal('refused', 'Invalid key. Use the .p8 file that Apple lets you download once.')
}

async function readAll(input: NodeJS.ReadableStream): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of input) {
    chunks.push(Buffer.from(chunk))
    bytes += chunk.length
    if (bytes > MAX_BYTES) throw new Refusal('refused', `Standard input has more than ${MAX_BYTES} bytes.`)
  }
  return Buffer.concat(chunks).toString()
}

/** Encrypts a secret with the key of second factors of the table's stage. */
export const encrypt = (table: Table, id: string, secret: string): Promise<string> =>
  encryptProviderSecret(table.aws, keyAlias(table.name, 'factors'), id, secret)
