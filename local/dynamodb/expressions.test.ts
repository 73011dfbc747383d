import { createRequire } from 'node:module'
import { expect, test, vi } from 'vitest'
import { remembering } from './expressions.ts'

const require = createRequire(import.meta.url)

type Values = Record<string, object>

const NAMES = { '#role': 'role', '#unused': 'unused' }
const S = (text: string) => ({ S: text })
const N = (number: number) => ({ N: String(number) })

/** An expression, and values of two or more requests. */
const CASES: Record<string, [kind: string, expression: string, ...values: Values[]]> = {
  'other values': [
    'condition',
    '#role = :a AND size(b) > :n',
    { ':a': S('x'), ':n': N(1) },
    { ':a': S('y'), ':n': N(2) },
  ],
  'nested conditions': [
    'condition',
    'NOT (a = :a OR contains(b, :a)) AND c IN (:a, :b)',
    { ':a': S('x'), ':b': S('y') },
    { ':a': S('y'), ':b': S('x') },
  ],
  'one value twice': ['condition', 'a = :a OR b = :a', { ':a': S('x') }, { ':a': S('y') }],
  'equal values': [
    'condition',
    'a = :a OR b = :b',
    { ':a': S('x'), ':b': S('x') },
    { ':a': S('y'), ':b': S('z') },
  ],
  'an unused value': ['condition', 'a = :a', { ':a': S('x'), ':b': S('y') }, { ':a': S('y'), ':b': S('x') }],
  'values of other types': [
    'condition',
    'begins_with(a, :a)',
    { ':a': S('x') },
    { ':a': N(1) },
    { ':a': S('y') },
  ],
  'bounds in a wrong order': [
    'condition',
    'a BETWEEN :a AND :b',
    { ':a': N(1), ':b': N(2) },
    { ':a': N(2), ':b': N(1) },
  ],
  'a type as a value': ['condition', 'attribute_type(a, :a)', { ':a': S('S') }, { ':a': S('no type') }],
  'a missing value': ['condition', 'a = :a', { ':a': S('x') }, {}],
  'a syntax error': ['condition', 'a = = :a', { ':a': S('x') }, { ':a': S('y') }],
  'a reserved word': ['condition', 'role = :a', { ':a': S('x') }, { ':a': S('y') }],
  'an update': [
    'update',
    'SET #role = :a, b = if_not_exists(b, :n) + :n REMOVE c ADD d :set',
    { ':a': S('x'), ':n': N(1), ':set': { SS: ['s'] } },
    { ':a': S('y'), ':n': N(2), ':set': { SS: ['t'] } },
  ],
  'an update with a wrong operand': ['update', 'SET a = b + :n', { ':n': N(1) }, { ':n': S('x') }],
  'a projection': ['projection', '#role, a.b[1]', {}, {}],
}

test.each(Object.entries(CASES))(
  'a remembered expression is parsed as before with %s',
  (_what, [kind, expression, ...requests]) => {
    const [plain, remembered] = [fresh(kind), remembering(fresh(kind)) as ReturnType<typeof fresh>]
    for (const values of [...requests, ...requests]) {
      expect(outcomeOf(remembered, expression, values, NAMES)).toEqual(
        outcomeOf(plain, expression, values, NAMES),
      )
    }
  },
)

test('an expression is parsed again with other names, and not with other values', () => {
  const parse = fresh('update')
  const remembered = remembering(parse) as ReturnType<typeof fresh>
  const parsed = (text: string, names: object) =>
    outcomeOf(remembered, 'SET #role = :a', { ':a': S(text) }, names)
  const first = JSON.stringify(parsed('x', NAMES))
  expect(JSON.stringify(parsed('y', NAMES))).toBe(first.replace('"x"', '"y"'))
  expect(parse).toHaveBeenCalledTimes(1)
  expect(JSON.stringify(parsed('x', { '#role': 'rank' }))).toContain('rank')
  expect(parse).toHaveBeenCalledTimes(2)
})

test('what a request changes in an expression is not remembered', () => {
  const remembered = remembering(fresh('condition')) as ReturnType<typeof fresh>
  const parse = () => outcomeOf(remembered, 'a = :a', { ':a': S('x') }, {}).outcome
  const first = JSON.stringify(parse())
  Object(parse()).expression.args.length = 0
  expect(JSON.stringify(parse())).toBe(first)
})

/** Loads a parser of dynalite once more, because the local DynamoDB changes the one of this process. */
function fresh(kind: string) {
  const path = require.resolve(`dynalite/db/${kind}Parser`)
  const cached = require.cache[path]
  delete require.cache[path]
  const parser = require(path)
  if (cached !== undefined) require.cache[path] = cached
  return vi.fn<(expression: string, options: { context: object }) => unknown>(parser.parse)
}

/** Parses as dynalite does, and returns the outcome and what is unused afterwards. */
function outcomeOf(parse: ReturnType<typeof fresh>, expression: string, values: Values, names: object) {
  const unused = (named: object) => Object.fromEntries(Object.keys(named).map((name) => [name, true]))
  const context = {
    attrNames: names,
    attrVals: values,
    unusedAttrNames: unused(names),
    unusedAttrVals: unused(values),
    isReserved: (name: string) => name === 'role',
    compare: (_: string, x: { N: string }, y: { N: string }) => Number(x.N) > Number(y.N),
  }
  let outcome: unknown
  try {
    outcome = parse(expression, { context })
  } catch (error) {
    outcome = String(error)
  }
  return { outcome, names: context.unusedAttrNames, values: context.unusedAttrVals }
}
