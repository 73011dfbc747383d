import { inflateRawSync } from 'node:zlib'

/**
 * Reads a ZIP archive by its central directory (PKWARE APPNOTE.TXT section 4.3). It supports what packages of functions
 * contain: no ZIP64, no encryption.
 *
 * @returns Contents by name.
 */
export function unzip(archive: Buffer): ReadonlyMap<string, Buffer> {
  const end = archive.lastIndexOf(Buffer.from('PK\x05\x06'))
  const files = new Map<string, Buffer>()
  let entry = archive.readUInt32LE(end + 16)
  for (let count = archive.readUInt16LE(end + 10); count > 0; count -= 1) {
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((at) =>
      archive.readUInt16LE(entry + at),
    )
    const name = archive.toString('utf8', entry + 46, entry + 46 + Number(nameLength))
    const local = archive.readUInt32LE(entry + 42)
    const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28)
    const content = archive.subarray(start, start + archive.readUInt32LE(entry + 20))
    const isDeflated = archive.readUInt16LE(entry + 10) === 8
    files.set(name, isDeflated ? inflateRawSync(content) : content)
    entry += 46 + Number(nameLength) + Number(extraLength) + Number(commentLength)
  }
  return files
}
