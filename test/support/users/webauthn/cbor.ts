/** Encodes a value as CBOR in the canonical form of CTAP2: integers, bytes, text and maps (RFC 8949). */
export function encodeCbor(value: unknown): Buffer {
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value)
  if (value instanceof Uint8Array) return Buffer.concat([head(2, value.length), value])
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)])
  if (!(value instanceof Map)) throw new TypeError('not a value of CBOR that authenticators use')
  return Buffer.concat([head(5, value.size), ...[...value].flat().map(encodeCbor)])
}

function head(major: number, argument: number): Buffer {
  const type = major << 5
  if (argument < 24) return Buffer.of(type | argument)
  if (argument < 256) return Buffer.of(type | 24, argument)
  if (argument < 65_536) return Buffer.of(type | 25, argument >> 8, argument & 255)
  const long = Buffer.alloc(5, type | 26)
  long.writeUInt32BE(argument, 1)
  return long
}
