import { expect, test } from 'vitest'
import { linesOf } from './lines.ts'

async function* inPieces(bytes: Buffer, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

const read = (bytes: Buffer, size: number) => Array.fromAsync(linesOf(inPieces(bytes, size)))

test.each([1, 2, 3, 1_000])('linesOf returns the same lines from pieces of %i bytes', async (size) => {
  const bytes = Buffer.concat([
    Buffer.from('\ufeffd\u00e9j\u00e0\r\n\nl\u00e4\rst\n'),
    Buffer.from([0xff, 0x0a]),
    Buffer.from('\u{1f642}'),
  ])
  expect(await read(bytes, size)).toEqual([
    { line: 1, end: 11, text: 'd\u00e9j\u00e0' },
    { line: 2, end: 12, text: '' },
    { line: 3, end: 19, text: 'l\u00e4\rst' },
    { line: 4, end: 21, fault: 'Not UTF-8.' },
    { line: 5, end: 25, text: '\u{1f642}' },
  ])
})

test('linesOf accepts a line of 64 KiB with its ending and reports a longer one once', async () => {
  const longest = `${'x'.repeat(65_535)}\n`
  const bytes = Buffer.from(`${longest}x${longest}${'y'.repeat(300_000)}\nshort`)
  expect(await read(bytes, 16_384)).toEqual([
    { line: 1, end: 65_536, text: longest.trimEnd() },
    { line: 2, end: 131_073, fault: 'Longer than 64 KiB.' },
    { line: 3, end: 431_074, fault: 'Longer than 64 KiB.' },
    { line: 4, end: 431_079, text: 'short' },
  ])
})

test('linesOf returns no line of an empty file', async () => {
  expect(await read(Buffer.of(), 1)).toEqual([])
})
