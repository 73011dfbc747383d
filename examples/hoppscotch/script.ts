import { inspect } from 'node:util'
import { ALL_PROBLEMS, problemExample } from '../../lib/openapi/problems/problems.ts'
import { type Route, statusOf } from '../../lib/openapi/route.ts'
import { fails, type Outcome, type Step } from './outcomes.ts'

const WITHOUT_TOKEN = fails('without a token the request is rejected', 'invalid_token')
const SECRETS = 'authToken, refreshToken, loginToken, secret, uri, recoveryCodes'

/** First lines of a script. One that defines a name is there if the script uses the name. */
const FIRST_LINES: Record<string, string> = {
  env: 'const env = (name) => hopp.env.active.get(name)',
  role: "const role = env('role')",
  sent: "const sent = env('refreshToken')",
  statusCode: 'const { statusCode, headers, body } = hopp.response',
  json: `// Reports contain what is compared, so \`json\` has no secrets.
const { ${SECRETS}, ...json } = body.asText() === '' ? {} : body.asJSON()`,
  hasSecret: `const hasSecret = [${SECRETS}].some(Boolean)`,
  cookie: `const [cookie, ...attributes] = (
  headers.find(({ key }) => key.toLowerCase() === 'set-cookie')?.value ?? ''
).split('; ')`,
  headerOf: `const headerOf = (token) =>
  JSON.parse(atob(token.split('.')[0].replaceAll('-', '+').replaceAll('_', '/')))`,
}

/** Returns the outcome of a request, for a role. Without a token the role is empty. */
export function outcomeOf(
  { always, accepted, asAdmin, refused = WITHOUT_TOKEN }: Step,
  role: string,
): Outcome {
  const outcome = always ?? (role === '' ? refused : (role === 'admin' && asAdmin) || accepted)
  if (outcome === undefined) throw new TypeError('a step says what is accepted, or what always happens')
  return outcome
}

/** Returns the status of an outcome. */
export const expectedStatus = ({ problem }: Outcome, row: Route): number =>
  problem === undefined ? statusOf(row) : ALL_PROBLEMS[problem].status

/** Returns the test of a request as Hoppscotch runs it. */
export function testScript(step: Step, row: Route): string {
  const sets = Object.entries(step.sets ?? {}).map(
    ([name, expression]) => `hopp.env.active.set('${name}', ${expression})\n`,
  )
  const script = `${sets.join('')}${sets.length > 0 ? '\n' : ''}${testsOf(step, row)}`
  const isUsed = (name: string) => name === 'env' || new RegExp(`\\b${name}\\b`).test(script)
  const first = Object.entries(FIRST_LINES).filter(([name]) => isUsed(name))
  return `${first.map(([, line]) => line).join('\n')}\n\n${script}`
}

function testsOf(step: Step, row: Route): string {
  const test = (role: string) => testOf(outcomeOf(step, role), row, step.always ? '' : role)
  if (step.always) return test('')
  const asAdmin = step.asAdmin ? ` else if (role === 'admin') {\n${indent(test('admin'))}}` : ''
  return `if (role === '') {\n${indent(test(''))}}${asAdmin} else {\n${indent(test('user'))}}\n`
}

/** Returns one test. The status is compared first, so that it is the first failure in a report. */
function testOf(outcome: Outcome, row: Route, role: string): string {
  const status = expectedStatus(outcome, row)
  const { title, problem, members, checks = {} } = outcome
  const all = {
    statusCode: status,
    ...(status === 204 && { 'body.asText()': '' }),
    ...(problem && {
      hasSecret: false,
      json: { ...problemExample(problem), ...members },
    }),
    ...checks,
  }
  const lines = Object.entries(all).map(([expression, value]) => {
    const method = Object(value) === value ? 'eql' : 'equal'
    return `hopp.expect(${expression}).to.${method}(${source(value)})\n`
  })
  const name = role === '' ? source(title) : `\`\${role} ${title}\``
  return `hopp.test(${name}, () => {\n${indent(lines.join(''))}})\n`
}

/** Returns a value as JavaScript. A variable of the environment is read there. */
const source = (value: unknown): string =>
  inspect(value, { depth: null, breakLength: Number.POSITIVE_INFINITY }).replace(/'<<(\w+)>>'/g, "env('$1')")

const indent = (text: string): string => text.replace(/^(?=.)/gm, '  ')
