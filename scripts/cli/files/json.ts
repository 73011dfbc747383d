/** Returns the value of a JSON text, or `undefined` for another text. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The parser's message is not used: it quotes the text, which may contain a password.
    return undefined
  }
}
