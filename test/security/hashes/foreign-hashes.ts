import { readFileSync } from 'node:fs'

/** A hash by another program, of a known password. */
export interface ForeignHash {
  program: string
  kind: string
  password: string
  hash: string
}

/** The hashes of `foreign-hashes.json`. `foreign-hashes.py` says how they were made. */
export const foreignHashes: {
  rows: readonly ForeignHash[]
  /** A user of a Firebase export, and the project's parameters as its console shows them. */
  firebase: { password: string; salt: string; passwordHash: string; parameters: string }
  /** Hashes of kinds that are not accepted, by kind. */
  unsupported: Readonly<Record<string, string>>
} = JSON.parse(readFileSync(new URL('./foreign-hashes.json', import.meta.url), 'utf8'))

const { password, salt, passwordHash } = foreignHashes.firebase
const signerKey = 'jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA=='

/** The published example of Firebase, as it is stored. */
export const firebaseHash: ForeignHash = {
  program: 'Firebase',
  kind: 'Firebase scrypt',
  password,
  hash: `$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=${signerKey}$${salt}$${passwordHash}`,
}
