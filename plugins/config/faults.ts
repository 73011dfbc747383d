import { z } from 'zod'
import { didYouMean } from '../../project/did-you-mean.ts'
import { PARAMETER_NAMES } from '../../project/parameter-names.ts'
import { DELEGABLE } from '../../project/permissions.ts'
import { LONGEST_STAGE } from '../parameters/parameters.ts'
import { ATTRIBUTE_MEMBERS, ATTRIBUTES, faultsOfAttributes } from './attributes.ts'
import { faultsOfContrast } from './contrast.ts'
import { LANGUAGES } from './language.ts'
import { TEXTS_PATHS } from './texts.ts'
import { LINK_MEMBERS, THEME, THEME_MEMBERS } from './theme.ts'

// A role is also the name of its demo user, and stands in texts with other characters between roles.
const role = z
  .string('must be text')
  .regex(/^[a-z][a-z0-9-]{0,31}$/, 'must be 1 to 32 of a-z, 0-9 and hyphens, with a letter first')

const roles = z
  .array(role, 'must be a list of roles')
  .refine((all) => new Set(all).size === all.length, 'must not name a role twice')

const RIGHTS = z.strictObject(
  {
    over: roles,
    may: z.array(
      z.enum(
        DELEGABLE,
        `must be one of ${DELEGABLE.join(', ')}. What only administrators may do is not for other roles`,
      ),
      'must be a list of permissions',
    ),
  },
  'must be an object with over and may',
)

const value = z.union(
  [z.string(), z.number(), z.boolean(), z.null()],
  'must be text, a number, true, false or null',
)
const parameters = Object.fromEntries(PARAMETER_NAMES.map((name) => [name, value.optional()]))

const stage = z
  .string()
  .refine((name) => name !== 'default', 'is no stage. Values for all stages stand next to roles')
  .regex(/^[a-z0-9-]+$/, 'must be a-z, 0-9 and hyphens, as the name of a stage')
  .max(LONGEST_STAGE, `must be at most ${LONGEST_STAGE} characters, as the name of a stage`)

const CONFIG = z.strictObject(
  {
    ...parameters,
    // Not `min`: it also runs for a function, which has a length.
    roles: roles.refine((all) => all.length > 0, 'must name a role'),
    administrators: roles,
    can: z.record(role, RIGHTS, 'must be an object').optional(),
    formerRoles: roles.optional(),
    attributes: ATTRIBUTES.optional(),
    theme: THEME.optional(),
    languages: LANGUAGES.optional(),
    texts: TEXTS_PATHS.optional(),
    stages: z.record(stage, z.strictObject(parameters, 'must be an object'), 'must be an object').optional(),
  },
  'must be an object',
)

/** Members by path, or by what the path begins with. */
const MEMBERS: Record<string, readonly string[]> = {
  '': Object.keys(CONFIG.shape),
  stages: PARAMETER_NAMES,
  attributes: ATTRIBUTE_MEMBERS,
  theme: THEME_MEMBERS,
  can: Object.keys(RIGHTS.shape),
  'theme.links': LINK_MEMBERS,
}

/**
 * Returns what is wrong with the configuration of an application. The rules for values of parameters are in
 * `plugins/parameters/parameters.ts`, because the command line gives them too.
 *
 * @param config - What `auth.config.ts` exports.
 * @returns One line for each fault, which begins with the path of its member.
 */
export function faultsOfConfig(config: unknown): string[] {
  if (config instanceof Promise) return ['The default export must not be a Promise.']
  const { success, data, error } = CONFIG.safeParse(config)
  if (!success) return error.issues.flatMap(linesOf)
  const faults = faultsOfData(config)
  if (faults.length > 0) return faults
  const {
    roles,
    administrators,
    can = {},
    formerRoles = [],
    attributes = {},
    theme: { logo: _logo, links: _links, ...colours } = {},
  } = data
  return [
    ...faultsOfAttributes(attributes),
    ...faultsOfContrast(colours),
    ...administrators
      .filter((name) => !roles.includes(name))
      .map((name) => `administrators has ${name}, which is not in roles.${didYouMean(name, roles)}`),
    ...faultsOfRights(can, data),
    ...formerRoles
      .filter((name) => roles.includes(name))
      .map((name) => `formerRoles has ${name}, which is in roles.`),
  ]
}

/** Users of a role in `can` must not be over those who may do as much, or more. */
function faultsOfRights(
  can: NonNullable<z.infer<typeof CONFIG>['can']>,
  { roles, administrators }: Pick<z.infer<typeof CONFIG>, 'roles' | 'administrators'>,
): string[] {
  const faultOfOver = (over: string) => {
    if (!roles.includes(over)) return `which is not in roles.${didYouMean(over, roles)}`
    if (administrators.includes(over)) return 'which is in administrators.'
    return Object.hasOwn(can, over) ? 'which may administer accounts itself.' : undefined
  }
  return Object.entries(can).flatMap(([name, { over }]) => [
    ...(roles.includes(name) ? [] : [`can has ${name}, which is not in roles.${didYouMean(name, roles)}`]),
    ...(administrators.includes(name) ? [`can has ${name}, which is in administrators and may do all.`] : []),
    ...over.flatMap((one) => {
      const fault = faultOfOver(one)
      return fault === undefined ? [] : [`can.${name}.over has ${one}, ${fault}`]
    }),
  ])
}

/**
 * Finds what is no data in a configuration of the right shape: a getter may return another value each time, and so may an instance.
 * Zod passes over members that have a symbol or `__proto__` as their name, and over those of a list that are not items.
 */
function faultsOfData(value: unknown, path = ''): string[] {
  if (typeof value === 'function') return [`${path.slice(1)} must be a value, not a function.`]
  if (typeof value !== 'object' || value === null) return []
  const prototype = Object.getPrototypeOf(value)
  if (!Array.isArray(value) && prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    return [`${path.slice(1) || 'The default export'} must be a plain object, not an instance of a class.`]
  }
  return Reflect.ownKeys(value).flatMap((key) => {
    const name = Array.isArray(value) ? `${path}[${String(key)}]` : `${path}.${String(key)}`
    // `import * as attributes` has this symbol.
    if (key === Symbol.toStringTag) return []
    if (typeof key === 'symbol' || key === '__proto__') return [`${name.slice(1)} is unknown.`]
    const { get, set, value: member } = Object(Object.getOwnPropertyDescriptor(value, key))
    return get || set ? [`${name.slice(1)} must be a value, not a getter.`] : faultsOfData(member, name)
  })
}

function linesOf(issue: z.core.$ZodIssue): string[] {
  const path = issue.path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('')
  if (issue.code !== 'unrecognized_keys') {
    const { message } = issue.code === 'invalid_key' ? (issue.issues[0] ?? issue) : issue
    return [`${path.slice(1) || 'The default export'} ${message}.`]
  }
  const known = MEMBERS[path.slice(1)] ?? MEMBERS[String(issue.path[0] ?? '')] ?? []
  return issue.keys.map(
    (key) =>
      `${`${path}.${key}`.slice(1)} is unknown.${didYouMean(
        key,
        known.filter((name) => name !== key),
      )}`,
  )
}
