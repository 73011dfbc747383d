/** Part of a text that no pattern of a project names: ids that AWS makes, and resources of the project. */
const UNKNOWN = '\u0001'

/** Returns the text of a reference: that of `Ref` without an attribute, that of `Fn::GetAtt` with one. */
export type Resolve = (id: string, attribute?: string) => string | undefined

/**
 * Returns the texts that a value of a template may have. `Fn::If` has two. `*` stands for what CloudFormation or AWS fills in, such as a
 * region or a policy variable. {@link UNKNOWN} stands for a reference that `resolve` does not know.
 */
export function textsOf(value: unknown, resolve: Resolve): string[] {
  if (typeof value !== 'object' || value === null) return [String(value).replace(/\$\{[^}]*\}/g, '*')]
  const [[name = '', argument] = []] = Object.entries(value)
  if (name === 'Ref') return [referenceOf(String(argument), resolve)]
  if (name === 'Fn::GetAtt') return [referenceOf([argument].flat().join('.'), resolve)]
  if (name === 'Fn::If') return (argument as unknown[]).slice(1).flatMap((one) => textsOf(one, resolve))
  if (name === 'Fn::Join') {
    const [separator, parts] = argument as [string, unknown[]]
    return Array.isArray(parts) ? joined(parts, separator, resolve) : ['*']
  }
  if (name === 'Fn::Sub') return substituted(argument, resolve)
  return [name === 'Fn::ImportValue' ? UNKNOWN : '*']
}

/** A text within others: there, what is unknown may be anything. */
const within = (value: unknown, resolve: Resolve): string[] =>
  textsOf(value, resolve).map((one) => (one === UNKNOWN && !isReference(value) ? '*' : one))

const isReference = (value: unknown) => /"(Ref|Fn::GetAtt)":/.test(JSON.stringify(value) ?? '')

const joined = (parts: readonly unknown[], separator: string, resolve: Resolve): string[] =>
  parts.reduce<string[]>(
    (begun, part, index) =>
      begun.flatMap((one) =>
        within(part, resolve).map((next) => (index === 0 ? next : one + separator + next)),
      ),
    [''],
  )

function substituted(argument: unknown, resolve: Resolve): string[] {
  const [text, names = {}] = [argument].flat() as [string, Record<string, unknown>?]
  const parts = text.split(/(\$\{[^}]*\})/).map((part) => {
    const [, name] = /^\$\{([^!}]+)\}$/.exec(part) ?? []
    if (name === undefined) return part.replace(/^\$\{!/, '${')
    return Object.hasOwn(names, name) ? names[name] : { 'Fn::GetAtt': name }
  })
  return joined(parts, '', resolve)
}

/** Returns the text of a reference as `Fn::Sub` writes it: `AWS::Region`, `Jobs` or `Jobs.Arn`. */
function referenceOf(name: string, resolve: Resolve): string {
  if (name === 'AWS::NoValue') return UNKNOWN
  if (name.startsWith('AWS::')) return '*'
  const [id = '', ...attribute] = name.split('.')
  return resolve(id, attribute.length > 0 ? attribute.join('.') : undefined) ?? UNKNOWN
}

/** Returns the logical ids that a value refers to, without pseudo parameters. */
export function referencesIn(value: unknown): string[] {
  const found: string[] = []
  const resolve: Resolve = (id) => {
    found.push(id)
    return undefined
  }
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return
    if (/^(Ref|Fn::GetAtt|Fn::Sub)$/.test(Object.keys(node)[0] ?? '')) textsOf(node, resolve)
    for (const one of Object.values(node)) visit(one)
  }
  visit(value)
  return [...new Set(found)]
}
