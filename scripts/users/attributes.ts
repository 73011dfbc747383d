import { ATTRIBUTES, mayBe, ruleOf, type StoredAttributes } from '../../lib/application/attributes.ts'
import { revokesTokens, type Setting, setAttributes } from '../../lib/operators/attributes.ts'
import type { User } from '../../lib/users/user.ts'
import { didYouMean } from '../../project/did-you-mean.ts'
import { CONFIGURATION, HAS_CONFIGURATION } from '../../project/project.ts'
import type { OperatorTable, Subcommand } from '../cli/operator.ts'
import { Refusal } from '../cli/refusal.ts'
import { ofUser } from './arguments.ts'
import { changeExisting, findExisting } from './store.ts'

/**
 * Sets attributes of a user.
 *
 * @param words - Such as `plan=pro`, and `plan=` for the default.
 * @throws {@link Refusal} `usage`, before anything is read.
 */
async function set(table: OperatorTable, loginName: string, words: readonly string[]): Promise<string> {
  const settings = words.map(readSetting)
  const names = settings.map(([name]) => name)
  const repeated = names.find((name, index) => names.indexOf(name) < index)
  if (repeated !== undefined) throw new Refusal('usage', `The attribute ${repeated} is given twice.`)
  const found = await findExisting(table, loginName)
  await changeExisting(table, loginName, found, (user, changeId) =>
    setAttributes(table, user, { settings, changeId }, table.act()),
  )
  const shown = settings.map(([name, value]) => `${name} ${value ?? 'as the default'}`).join(', ')
  return `${loginName} has ${shown}.${effectOn(settings)}\n`
}

/** Says what a change does to access tokens. They have the attributes with a claim. */
function effectOn(settings: readonly Setting[]): string {
  if (revokesTokens(settings)) return ' Access tokens issued before are revoked.'
  const isClaimed = settings.some(([name]) => ATTRIBUTES[name]?.claim !== undefined)
  return isClaimed ? ' Access tokens have it from the next refresh on.' : ''
}

/** Returns the definition of an attribute by a name that may be of none. */
export const definitionOf = (name: string) => (Object.hasOwn(ATTRIBUTES, name) ? ATTRIBUTES[name] : undefined)

function readSetting(word: string): Setting {
  const [name = '', text] = word.split(/=(.*)/s, 2)
  const definition = definitionOf(name)
  if (text === undefined || definition === undefined) {
    const names = Object.keys(ATTRIBUTES)
    const known =
      names.length > 0
        ? `${CONFIGURATION} has ${names.join(', ')}.`
        : `${HAS_CONFIGURATION ? CONFIGURATION : 'this project'} has no attributes.`
    const meant = definition === undefined ? didYouMean(name, names) : ''
    throw new Refusal('usage', `Invalid attribute. Use NAME=VALUE; ${known}${meant}`)
  }
  if (text === '') return [name, undefined]
  const value = { string: text, number: numberOf(text), boolean: FLAGS.get(text) }[definition.type]
  if (!mayBe(definition, value)) throw new Refusal('usage', `Invalid ${name}. ${ruleOf(definition)}`)
  return [name, value]
}

/** Reads a decimal number. `Number` also reads a space as 0, and 0x10. */
const numberOf = (text: string): number =>
  /^-?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN

const FLAGS = new Map([
  ['true', true],
  ['false', false],
])

/** `npm run users -- set` */
export const setCommand: Subcommand = (program) => {
  ofUser(program, 'set', 'sets attributes of a user')
    .argument('<attributes...>', 'such as plan=pro; plan= sets the default')
    .action(async (name: string, words: string[]) =>
      program.print(await set(await program.operator('set'), name, words)),
    )
}

/** Returns the stored attributes that an import takes, or nothing. Others fit an earlier definition, and read as the default. */
export function allowedAttributes({
  attributes = {},
}: Pick<User, 'attributes'>): StoredAttributes | undefined {
  const allowed = Object.entries(attributes).filter(([name, value]) => {
    const definition = definitionOf(name)
    return definition !== undefined && mayBe(definition, value)
  })
  return allowed.length > 0 ? Object.fromEntries(allowed) : undefined
}

/** Whether a user has stored attributes that the definitions do not allow now. */
export const hasFormerAttributes = (user: Pick<User, 'attributes'>): boolean =>
  Object.keys(allowedAttributes(user) ?? {}).length < Object.keys(user.attributes ?? {}).length
