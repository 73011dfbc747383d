import type { Deployment, Permission, Statement } from '../../lib/aws/access.ts'
import * as places from '../../lib/drain/access.ts'
import * as events from '../../lib/events/access.ts'
import * as factors from '../../lib/factors/access.ts'
import * as federation from '../../lib/federation/access.ts'
import * as mail from '../../lib/mail/access.ts'
import * as oauth from '../../lib/oauth/access.ts'
import * as operators from '../../lib/operators/access.ts'
import * as acts from '../../lib/operators/act-as/access.ts'
import * as proofs from '../../lib/proofs/access.ts'
import * as sessions from '../../lib/sessions/access.ts'
import * as signIn from '../../lib/sign-in/access.ts'
import * as throttling from '../../lib/throttling/access.ts'
import * as tokens from '../../lib/tokens/access.ts'
import * as users from '../../lib/users/access.ts'
import { didYouMean } from '../../project/did-you-mean.ts'
import type { AuthMembers, FunctionDefinition, Hooks, Serverless } from '../framework.d.ts'
import { serviceFunctions } from '../project/ownership.ts'
import { rejectAny } from '../reject.ts'
import { bindsDevices, type DeviceSwitch } from './devices.ts'

const MODULES: Record<string, Permission>[] = [
  tokens,
  events,
  users,
  sessions,
  throttling,
  mail,
  factors,
  proofs,
  signIn,
  oauth,
  federation,
  operators,
  acts,
  places,
]

/** What a function may do, by the names that `may` of a function takes. */
export const PERMISSIONS: Record<string, Permission> = {}
for (const [name, permission] of MODULES.flatMap(Object.entries<Permission>)) {
  if (Object.hasOwn(PERMISSIONS, name)) throw new Error(`two permissions have the name ${name}`)
  PERMISSIONS[name] = permission
}

/** IAM takes 10,240 characters for all inline policies of a role. Some are left for logging and tracing. */
const MAX_CHARACTERS = 9_000

/** Characters of a long ARN, which stands in the deployed policy in place of a reference. */
const ARN_CHARACTERS = 120

/** The statements of each function. A plugin that makes roles must not find them in the definitions. */
const statementsOfServices = new WeakMap<object, Record<string, Statement[]>>()

/** Returns the statements of a function: those of `may`, and its own. */
export const statementsFor = (serverless: object, key: string): Statement[] =>
  statementsOfServices.get(serverless)?.[key] ?? []

/** Serverless plugin: gives each function of the service the permissions that its list `may` names, and no others. */
export default class PermissionsPlugin {
  readonly hooks: Hooks

  constructor(serverless: Serverless) {
    const { service } = serverless
    this.hooks = {
      initialize: () => {
        const { faults, statements } = permit({ ...service, functions: serviceFunctions(serverless) })
        rejectAny(faults)
        statementsOfServices.set(serverless, statements)
      },
    }
  }
}

/** The part of the service that {@link permit} reads. */
interface PermittedService {
  custom: { auth: Pick<AuthMembers, 'prefix' | 'mailFrom' | 'drain'> & Partial<DeviceSwitch> }
  functions: Record<string, Pick<FunctionDefinition, 'may' | 'iamRoleStatements'>>
}

/** Returns the statements of each function, those of `may` first, and what is wrong with them, one sentence for each fault. */
export function permit({ custom, functions }: PermittedService): {
  faults: string[]
  statements: Record<string, Statement[]>
} {
  const { prefix, mailFrom, drain } = custom.auth
  const deployment = { prefix, mailFrom, oldPool: drain.pool, bindsDevices: bindsDevices(custom.auth) }
  const statements: Record<string, Statement[]> = {}
  const faults = Object.entries(functions).flatMap(([key, { may = [], iamRoleStatements = [] }]) => {
    const unknown = may.filter((name) => !Object.hasOwn(PERMISSIONS, name))
    if (unknown.length > 0) {
      return unknown.map(
        (name) => `Function ${key} may not "${name}".${didYouMean(name, Object.keys(PERMISSIONS))}`,
      )
    }
    const all = [...statementsOf(may, deployment), ...(iamRoleStatements as Statement[])]
    statements[key] = all
    const characters = charactersOf(all)
    return characters > MAX_CHARACTERS
      ? [
          `The role of function ${key} has about ${characters} characters. IAM takes 10240 with logging and tracing.`,
        ]
      : []
  })
  return { faults, statements }
}

/** Returns about how many characters statements have in the deployed policy. */
const charactersOf = (statements: object[]): number =>
  JSON.stringify(statements, (_, value) =>
    Object.keys(Object(value)).some((name) => /^(Fn::|Ref$)/.test(name)) ? 'x'.repeat(ARN_CHARACTERS) : value,
  ).length

/** Returns the statements of known names. */
export const statementsOf = (may: readonly string[], deployment: Deployment): Statement[] =>
  may.map((name) => {
    const permission = PERMISSIONS[name]
    if (permission === undefined) throw new Error(`there is no permission ${name}`)
    return typeof permission === 'function' ? permission(deployment) : permission
  })
