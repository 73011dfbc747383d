import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

const CIPHER = 'aes-256-gcm'
const KEY_BYTES = 32
const IV_BYTES = 12
const TAG_BYTES = 16
const ID_CHARACTERS = 36

/** Pairs that are authenticated with a ciphertext, and not stored in it. */
export type EncryptionContext = Readonly<Record<string, string>>

/** A symmetric key of KMS. */
export interface SymmetricKey {
  encrypt(plaintext: Buffer, context: EncryptionContext): Buffer
  /** @throws Error, if the ciphertext or the context is another one. */
  decrypt(blob: Buffer, context: EncryptionContext): Buffer
}

/**
 * Creates a key that encrypts as KMS does: AES-256-GCM, with the context as additional authenticated data. As in KMS, the
 * ciphertext names its key.
 *
 * @param id - Key id, a UUID.
 * @see https://docs.aws.amazon.com/kms/latest/cryptographic-details/encrypt-operation.html
 */
export function createSymmetricKey(id: string): SymmetricKey {
  const key = randomBytes(KEY_BYTES)
  return {
    encrypt(plaintext, context) {
      const iv = randomBytes(IV_BYTES)
      const cipher = createCipheriv(CIPHER, key, iv).setAAD(serialized(context))
      const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()])
      return Buffer.concat([Buffer.from(id), iv, cipher.getAuthTag(), ciphertext])
    },
    decrypt(blob, context) {
      const [iv, tag, ciphertext] = [
        blob.subarray(ID_CHARACTERS, ID_CHARACTERS + IV_BYTES),
        blob.subarray(ID_CHARACTERS + IV_BYTES, ID_CHARACTERS + IV_BYTES + TAG_BYTES),
        blob.subarray(ID_CHARACTERS + IV_BYTES + TAG_BYTES),
      ]
      const decipher = createDecipheriv(CIPHER, key, iv).setAAD(serialized(context)).setAuthTag(tag)
      return Buffer.concat([decipher.update(ciphertext), decipher.final()])
    },
  }
}

/** Returns the id of the key that a ciphertext names. */
export const keyIdIn = (blob: Buffer): string => blob.toString('latin1', 0, ID_CHARACTERS)

/** The order of the pairs does not matter. */
const serialized = (context: EncryptionContext): Buffer =>
  Buffer.from(JSON.stringify(Object.entries(context).sort(([one], [other]) => (one < other ? -1 : 1))))
