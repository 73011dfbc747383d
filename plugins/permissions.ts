import type { Access, Deployment, Statement } from '../lib/aws/access.ts'
import * as factors from '../lib/factors/access.ts'
import * as mail from '../lib/mail/access.ts'
import * as sessions from '../lib/sessions/access.ts'
import * as throttling from '../lib/throttling/access.ts'
import * as tokens from '../lib/tokens/access.ts'
import * as users from '../lib/users/access.ts'
import { didYouMean } from './did-you-mean.ts'
import type { FunctionDefinition, Hooks, Serverless, Service } from './framework.d.ts'
import { reject } from './reject.ts'

/** What a function may do, by the names that `may` of a function takes. */
export const ACCESSES: Record<string, Access> = {
  ...tokens,
  ...users,
  ...sessions,
  ...throttling,
  ...mail,
  ...factors,
}

/** IAM takes 10,240 characters for all inline policies of a role. Some are left for logging and tracing. */
const MAX_CHARACTERS = 10_000

/** Serverless plugin: gives each function the permissions that its list `may` names, and no others. */
export default class PermissionsPlugin {
  readonly hooks: Hooks

  constructor({ service, configSchemaHandler }: Serverless) {
    configSchemaHandler.defineFunctionProperties('aws', {
      properties: { may: { type: 'array', items: { type: 'string' } } },
    })
    this.hooks = {
      initialize: () => {
        const faults = permit(service)
        if (faults.length > 0) reject(...faults)
      },
    }
  }
}

/** The part of the service that {@link permit} reads and changes. */
type PermittedService = Pick<Service, 'service'> & {
  provider: Pick<Service['provider'], 'stage'>
  custom: Pick<Service['custom'], 'mailFrom'>
  functions: Record<string, Pick<FunctionDefinition, 'may' | 'iamRoleStatements'>>
}

/** Adds the statements of `may` to each function, and returns what is wrong with them, one sentence for each fault. */
export function permit({ service, provider, custom, functions }: PermittedService): string[] {
  const deployment = { prefix: `${service}-${provider.stage}`, mailFrom: custom.mailFrom }
  return Object.entries(functions).flatMap(([key, definition]) => {
    const { may = [], iamRoleStatements = [] } = definition
    const unknown = may.filter((name) => !Object.hasOwn(ACCESSES, name))
    if (unknown.length > 0) {
      return unknown.map(
        (name) => `Function ${key} may not "${name}".${didYouMean(name, Object.keys(ACCESSES))}`,
      )
    }
    definition.iamRoleStatements = [...statementsOf(may, deployment), ...iamRoleStatements]
    const characters = JSON.stringify(definition.iamRoleStatements).length
    return characters > MAX_CHARACTERS
      ? [`The role of function ${key} has ${characters} characters. IAM takes ${MAX_CHARACTERS} of them.`]
      : []
  })
}

/** Returns the statements of known names. */
export const statementsOf = (may: readonly string[], deployment: Deployment): Statement[] =>
  may.map((name) => {
    const access = ACCESSES[name]
    if (access === undefined) throw new Error(`there is no permission ${name}`)
    return typeof access === 'function' ? access(deployment) : access
  })
