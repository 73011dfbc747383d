type Test = (record: unknown) => boolean

/**
 * Compiles a CloudWatch Logs filter pattern for JSON records.
 *
 * Supports the syntax that this service uses: comparisons of a property with quoted text by `=` and `!=`, `*` in the
 * text as a wildcard, `&&`, `||` and parentheses
 * (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html).
 *
 * @returns A function that returns whether a record matches. A comparison with a property that is missing or is not a
 *   string is false.
 * @throws SyntaxError for any other syntax.
 */
export function filterPattern(pattern: string): Test {
  const tokens = pattern.match(/\$[\w.]+|"[^"]*"|&&|\|\||!=|[={}()]|\S/g) ?? []
  const take = (expected?: string): string => {
    const token = tokens.shift() ?? 'the end'
    if (expected !== undefined && token !== expected)
      throw new SyntaxError(`found ${token}, expected ${expected}`)
    return token
  }
  const comparison = (): Test => {
    if (tokens[0] === '(') return bracketed('(', ')')
    const path = take()
    const operator = take()
    const text = take()
    if (!path.startsWith('$.') || !['=', '!='].includes(operator) || !text.startsWith('"')) {
      throw new SyntaxError(`not a comparison: ${path} ${operator} ${text}`)
    }
    const parts = text.slice(1, -1).split('*')
    const wanted = new RegExp(`^${parts.map(literally).join('.*')}$`, 's')
    return (record) => {
      const value = path
        .slice(2)
        .split('.')
        .reduce((object, name) => Object(object)[name], record)
      return typeof value === 'string' && wanted.test(value) === (operator === '=')
    }
  }
  const listOf = (part: () => Test, separator: string): Test[] => {
    const tests = [part()]
    while (tokens[0] === separator) {
      take()
      tests.push(part())
    }
    return tests
  }
  // && binds tighter than ||.
  const all = (): Test => {
    const tests = listOf(comparison, '&&')
    return (record) => tests.every((test) => test(record))
  }
  const any = (): Test => {
    const tests = listOf(all, '||')
    return (record) => tests.some((test) => test(record))
  }
  const bracketed = (open: string, close: string): Test => {
    take(open)
    const test = any()
    take(close)
    return test
  }
  const test = bracketed('{', '}')
  if (tokens.length > 0) throw new SyntaxError(`text after the end: ${tokens.join(' ')}`)
  return test
}

const literally = (text: string) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
