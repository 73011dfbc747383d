/** Returns the first member that an object repeats, in valid JSON. The parser would take the last one (RFC 8259 section 4). */
export function repeatedMember(text: string): string | undefined {
  const open: Set<string>[] = []
  for (const [token, string = '', colon] of text.matchAll(/[{}]|("(?:[^"\\]|\\.)*")(\s*:)?/g)) {
    if (token === '{') open.push(new Set())
    else if (token === '}') open.pop()
    else if (colon !== undefined) {
      const name: string = JSON.parse(string)
      if (open.at(-1)?.has(name)) return name
      open.at(-1)?.add(name)
    }
  }
  return undefined
}
