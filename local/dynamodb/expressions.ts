import { createRequire } from 'node:module'

type Values = Record<string, object>

/** What a parser of dynalite knows of the request. It deletes the names and values that it meets from the unused ones. */
interface Context {
  attrNames?: Record<string, string> | undefined
  attrVals?: Values | undefined
  unusedAttrNames: Record<string, true>
  unusedAttrVals: Record<string, true>
}

interface Parser {
  parse(expression: string, options: { context: Context }): unknown
}

/** A parsed expression whose values are replaced by their names, and the names that it uses. */
interface Parsed {
  tree: unknown
  names: string[]
  values: string[]
}

/** The place of a value in a parsed expression. */
class Place {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}

/** The parser looks into these operands, so that a value may decide whether the expression is valid. */
const LOOKS_INTO_VALUES = /between|attribute_type/i

const MAX_PARSED = 1_000

const require = createRequire(import.meta.url)

/**
 * Makes dynalite parse an expression once, and not again for other values of the same types. A parser takes longer than
 * all other work on a request.
 */
export function rememberExpressions(): void {
  for (const kind of ['condition', 'projection', 'update']) {
    const parser: Parser & { remembers?: true } = require(`dynalite/db/${kind}Parser`)
    if (parser.remembers) continue
    parser.parse = remembering(parser.parse)
    parser.remembers = true
  }
}

/** Returns a parser that returns what `parse` returns, and throws what it throws. */
export function remembering(parse: Parser['parse']): Parser['parse'] {
  const remembered = new Map<string, Parsed>()
  return (expression, options) => {
    const { context } = options
    const { attrNames, attrVals } = context
    if (LOOKS_INTO_VALUES.test(expression)) return parse(expression, options)
    const types = Object.entries(attrVals ?? {}).map(([name, value]) => [name, Object.keys(value)])
    const key = JSON.stringify([expression, attrNames, types])
    let parsed = remembered.get(key)
    if (parsed === undefined) {
      const [unusedAttrNames, unusedAttrVals] = [marked(attrNames), marked(attrVals)]
      const result = parse(expression, { context: { ...context, unusedAttrNames, unusedAttrVals } })
      // The text of an error. It is not remembered.
      if (typeof result === 'string') return parse(expression, options)
      const places = new Map(Object.entries(attrVals ?? {}).map(([name, value]) => [value, new Place(name)]))
      parsed = {
        tree: copied(result, (part) => places.get(part)),
        names: Object.keys(attrNames ?? {}).filter((name) => !(name in unusedAttrNames)),
        values: Object.keys(attrVals ?? {}).filter((name) => !(name in unusedAttrVals)),
      }
      if (remembered.size === MAX_PARSED) remembered.clear()
      remembered.set(key, parsed)
    }
    for (const name of parsed.names) delete context.unusedAttrNames[name]
    for (const name of parsed.values) delete context.unusedAttrVals[name]
    return copied(parsed.tree, (part) => (part instanceof Place ? attrVals?.[part.name] : undefined))
  }
}

const marked = (named: object = {}): Record<string, true> =>
  Object.fromEntries(Object.keys(named).map((name) => [name, true]))

/** Copies a tree. Parts for which there is a replacement are replaced. */
function copied(part: unknown, replacement: (part: object) => object | undefined): unknown {
  if (typeof part !== 'object' || part === null) return part
  const other = replacement(part)
  if (other !== undefined) return other
  if (Array.isArray(part)) return part.map((each) => copied(each, replacement))
  const copy = Object.create(Object.getPrototypeOf(part))
  for (const [name, value] of Object.entries(part)) copy[name] = copied(value, replacement)
  return copy
}
