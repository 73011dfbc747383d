import { expect, test } from 'vitest'
import { type CborValue, decodeCbor } from './cbor.ts'

const decode = (hex: string) => decodeCbor(Buffer.from(hex, 'hex'))
const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'))

/** RFC 8949 appendix A: the types that authenticators send. */
const EXAMPLES: [hex: string, value: CborValue][] = [
  ['00', 0],
  ['01', 1],
  ['0a', 10],
  ['17', 23],
  ['1818', 24],
  ['1819', 25],
  ['1864', 100],
  ['1903e8', 1_000],
  ['1a000f4240', 1_000_000],
  ['20', -1],
  ['29', -10],
  ['3863', -100],
  ['3903e7', -1_000],
  ['f4', false],
  ['f5', true],
  ['f6', null],
  ['f7', undefined],
  ['40', bytes('')],
  ['4401020304', bytes('01020304')],
  ['60', ''],
  ['6161', 'a'],
  ['6449455446', 'IETF'],
  ['62225c', '"\\'],
  ['62c3bc', '\u00fc'],
  ['63e6b0b4', '\u6c34'],
  ['80', []],
  ['83010203', [1, 2, 3]],
  ['8301820203820405', [1, [2, 3], [4, 5]]],
  ['98190102030405060708090a0b0c0d0e0f101112131415161718181819', Array.from({ length: 25 }, (_, i) => i + 1)],
  ['a0', new Map()],
  [
    'a201020304',
    new Map([
      [1, 2],
      [3, 4],
    ]),
  ],
  [
    'a26161016162820203',
    new Map<string, CborValue>([
      ['a', 1],
      ['b', [2, 3]],
    ]),
  ],
  ['826161a161626163', ['a', new Map([['b', 'c']])]],
]

test.each(EXAMPLES)('%s is the value of RFC 8949', (hex, value) => {
  expect(decode(hex)).toStrictEqual({ value, length: hex.length / 2 })
  // Bytes after the value belong to what follows it.
  expect(decode(`${hex}ff00`)).toStrictEqual({ value, length: hex.length / 2 })
})

test.each([
  ['18ff', 255],
  ['190100', 256],
  ['19ffff', 65_535],
  ['1a00010000', 65_536],
  ['1affffffff', 4_294_967_295],
  ['3affffffff', -4_294_967_296],
])('%s is the number %i, with the shortest length', (hex, value) => {
  expect(decode(hex)).toStrictEqual({ value, length: hex.length / 2 })
})

test.each([
  ['nothing', '', 'CBOR ends too early'],
  ['bytes that end too early', '4401', 'CBOR ends too early'],
  ['text that ends too early', '6261', 'CBOR ends too early'],
  ['a list that ends too early', '8201', 'CBOR ends too early'],
  ['a map without its last value', 'a101', 'CBOR ends too early'],
  ['a length that ends too early', '1903', 'CBOR ends too early'],
  ['more bytes than a response has', '5affffffff00', 'CBOR ends too early'],
  ['a length of eight bytes', '1b000000e8d4a51000', 'CBOR has an unsupported length'],
  ['a reserved length', '1c', 'CBOR has an unsupported length'],
  ['bytes of an indefinite length', '5f42010243030405ff', 'CBOR has an unsupported length'],
  ['a list of an indefinite length', '9fff', 'CBOR has an unsupported length'],
  ['a map of an indefinite length', 'bfff', 'CBOR has an unsupported length'],
  ['one byte where the number itself fits', '1817', 'CBOR has a length in too many bytes'],
  ['two bytes where one is enough', '1900ff', 'CBOR has a length in too many bytes'],
  ['four bytes where two are enough', '1a0000ffff', 'CBOR has a length in too many bytes'],
  ['a tag', 'c11a514b67b0', 'CBOR has an unsupported type'],
  ['a floating-point number', 'f93c00', 'CBOR has an unsupported type'],
  ['an unassigned simple value', 'f0', 'CBOR has an unsupported type'],
  ['a simple value in two bytes', 'f8ff', 'CBOR has an unsupported type'],
  ['a break', 'ff', 'CBOR has an unsupported type'],
  ['a repeated key', 'a201020103', 'CBOR has an invalid key'],
  ['a repeated key of text', 'a2616101616102', 'CBOR has an invalid key'],
  ['a key of bytes', 'a1410102', 'CBOR has an invalid key'],
  ['a key that is a list', 'a18001', 'CBOR has an invalid key'],
  ['a key that is true', 'a1f501', 'CBOR has an invalid key'],
])('%s is refused', (_what, hex, message) => {
  expect(() => decode(hex)).toThrow(new Error(message))
})

test.each([
  ['text with a byte that is no UTF-8', '61ff'],
  ['text that ends within a character', '61c3'],
  ['text with an overlong character', '62c0af'],
  ['text with half a surrogate pair', '63eda080'],
  ['a key that is no UTF-8', 'a161ff00'],
])('%s is refused', (_what, hex) => {
  expect(() => decode(hex)).toThrow(TypeError)
})

test('text may begin with a byte order mark', () => {
  expect(decode('64efbbbf61')).toStrictEqual({ value: '\ufeffa', length: 5 })
})

test.each([
  ['lists', '81', '80'],
  ['values of maps', 'a100', 'a0'],
])('16 levels of %s are decoded, and one more is too deep', (_what, level, innermost) => {
  expect(decode(level.repeat(16) + innermost).length).toBe((level.length * 16) / 2 + 1)
  expect(() => decode(level.repeat(17) + innermost)).toThrow('CBOR is too deep')
})

test('keys that are too deep are refused before they are read', () => {
  expect(() => decode(`${'81'.repeat(16)}a1a0`)).toThrow('CBOR is too deep')
})
