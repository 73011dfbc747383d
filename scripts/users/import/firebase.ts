import { readText } from '../../cli/files/texts.ts'
import { Refusal } from '../../cli/refusal.ts'
import { hashFault } from './hashes/hash-fault.ts'

/** Values of a line that becomes a user. */
type Values = Record<string, unknown>

/** Joins the hash and the salt of a line with the project's parameters. */
export type WithParameters = (values: Values) => Values

/**
 * Reads the parameters of a Firebase project: the text that its console shows as *Password hash parameters*.
 *
 * @returns A function that brings the hash of a line into the spelling of `lib/passwords/foreign/scrypt.ts`.
 * @throws {@link Refusal} `usage`, if the file has no valid parameters. Its text quotes none: the signer key is secret.
 */
export async function readFirebaseParameters(file: string): Promise<WithParameters> {
  const text = await readText(file)
  const [key, separator, rounds, memory] = [
    'base64_signer_key',
    'base64_salt_separator',
    'rounds',
    'mem_cost',
  ].map((name) => {
    const value = new RegExp(`\\b${name}"?\\s*:\\s*"?([A-Za-z0-9+/_=-]+)`).exec(text)?.[1]
    if (value === undefined) {
      throw new Refusal(
        'usage',
        `${file} has no ${name}. Save what the console shows as password hash parameters.`,
      )
    }
    return value
  }) as [string, string, string, string]
  const start = `$fbscrypt$v=1,n=${memory},r=${rounds},p=1,ss=${standard(separator)},sk=${standard(key)}`
  const fault = hashFault(`${start}$AAAA$${'A'.repeat(86)}==`)
  if (fault !== undefined) throw new Refusal('usage', `${file} has invalid parameters: ${fault}`)
  return ({ salt, passwordHash, ...values }) =>
    passwordHash === undefined
      ? values
      : {
          ...values,
          passwordHash: `${start}$${standard(String(salt ?? ''))}$${standard(String(passwordHash))}`,
        }
}

/** Firebase's command writes base64, its Admin SDK base64url. */
const standard = (text: string) => text.replaceAll('-', '+').replaceAll('_', '/')
