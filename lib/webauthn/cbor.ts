/** A value of CBOR, of the types that authenticators send (CTAP 2.2, section 8). */
export type CborValue =
  | number
  | string
  | boolean
  | null
  | undefined
  | Uint8Array
  | CborValue[]
  | Map<number | string, CborValue>

// A byte order mark is part of the text.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** More levels than any response has. */
const MAX_DEPTH = 16

/**
 * Decodes the first CBOR value in bytes (RFC 8949): integers, bytes, text, lists, maps, and simple values. It
 * rejects tags, floating-point numbers, and text that is not UTF-8. It also rejects lengths that are
 * indefinite or longer than needed, and more than 16 levels.
 *
 * @returns The value, and its number of bytes.
 * @throws Error, if the bytes are no such value, or end before it.
 */
export function decodeCbor(bytes: Buffer): { value: CborValue; length: number } {
  let at = 0
  const take = (length: number): Buffer => {
    if (length > bytes.length - at) throw new Error('CBOR ends too early')
    at += length
    return bytes.subarray(at - length, at)
  }
  const argument = (info: number): number => {
    if (info < 24) return info
    const size = [1, 2, 4][info - 24]
    if (size === undefined) throw new Error('CBOR has an unsupported length')
    const value = take(size).readUIntBE(0, size)
    if (value < (size === 1 ? 24 : 256 ** (size / 2))) throw new Error('CBOR has a length in too many bytes')
    return value
  }
  const next = (depth: number): CborValue => {
    if (depth > MAX_DEPTH) throw new Error('CBOR is too deep')
    const [head = 0] = take(1)
    const info = head & 31
    switch (head >> 5) {
      case 0:
        return argument(info)
      case 1:
        return -1 - argument(info)
      case 2:
        return new Uint8Array(take(argument(info)))
      case 3:
        return utf8.decode(take(argument(info)))
      case 4:
        return listOf(argument(info), () => next(depth + 1))
      case 5:
        return mapOf(argument(info), () => next(depth + 1))
      default:
        return simpleValue(head)
    }
  }
  return { value: next(0), length: at }
}

/** Returns a list of `length` values, of which `next` reads one after the other. */
function listOf(length: number, next: () => CborValue): CborValue[] {
  const list: CborValue[] = []
  for (let left = length; left > 0; left -= 1) list.push(next())
  return list
}

/** Returns a map of `length` entries, of which `next` reads each key and then its value. */
function mapOf(length: number, next: () => CborValue): Map<number | string, CborValue> {
  const map = new Map<number | string, CborValue>()
  for (let left = length; left > 0; left -= 1) {
    const key = next()
    const isKey = typeof key === 'number' || typeof key === 'string'
    if (!isKey || map.has(key)) throw new Error('CBOR has an invalid key')
    map.set(key, next())
  }
  return map
}

const SIMPLE = [
  [0xf4, false],
  [0xf5, true],
  [0xf6, null],
  [0xf7, undefined],
] as const

function simpleValue(head: number): CborValue {
  const simple = SIMPLE.findIndex(([code]) => code === head)
  if (simple === -1) throw new Error('CBOR has an unsupported type')
  return SIMPLE[simple]?.[1]
}
