/** The position of a line. */
export interface Place {
  /** Counted from 1. */
  line: number
  /** Bytes of the file up to the end of the line. */
  end: number
}

/** A line with its text, or with its fault. */
export type Line = Place & ({ text: string } | { fault: string })

const MAX_LINE_BYTES = 65_536
const LF = 0x0a

/**
 * Splits bytes into lines that end with LF or CRLF. It decodes each as UTF-8, with or without a byte order mark. Of a line
 * that is too long it stores only enough to recognise that.
 */
export async function* linesOf(source: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
  let line = 1
  let end = 0
  let kept: Uint8Array[] = []
  let keptBytes = 0
  const keep = (part: Uint8Array) => {
    end += part.length
    if (keptBytes > MAX_LINE_BYTES) return
    kept.push(part)
    keptBytes += part.length
  }
  for await (const chunk of source) {
    let from = 0
    for (let at = chunk.indexOf(LF); at !== -1; at = chunk.indexOf(LF, from)) {
      keep(chunk.subarray(from, at + 1))
      yield { line, end, ...read(Buffer.concat(kept)) }
      line += 1
      from = at + 1
      kept = []
      keptBytes = 0
    }
    keep(chunk.subarray(from))
  }
  if (keptBytes > 0) yield { line, end, ...read(Buffer.concat(kept)) }
}

function read(bytes: Buffer): { text: string } | { fault: string } {
  if (bytes.length > MAX_LINE_BYTES) return { fault: 'Longer than 64 KiB.' }
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes).replace(/\r?\n$/, '') }
  } catch {
    return { fault: 'Not UTF-8.' }
  }
}
