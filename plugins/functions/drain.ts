import type { FunctionDefinition } from '../framework.d.ts'

type Functions = Record<string, Pick<FunctionDefinition, 'environment' | 'may' | 'timeout'>>

/** Seconds of `login` while it may have to ask the old place, which has three. */
const LOGIN_SECONDS = 8

/** Handler of `login` with an old place. The other one has nothing of it. */
export const MOVING_LOGIN = 'functions/drain/login.handler'

/** What `login` has for an old place. */
const FOR_LOGIN = { variables: ['DRAIN_FUNCTION'], rights: ['invokeDrain', 'movePasswords'] }

/** What `drain` has for each of the two places. */
const OF_POOL = { variables: ['OLD_POOL', 'OLD_POOL_CLIENT'], rights: ['askOldPool'] }
const OF_ENDPOINT = {
  variables: ['PASSWORDS_URL', 'PASSWORDS_SECRET', 'FACTOR_KEY'],
  rights: ['openPasswordsSecrets'],
}

/**
 * Leaves `drain` what it needs for its place, a user pool or an endpoint, and gives `login` time for it. Without a place, `drain` is
 * removed, and `login` may not invoke it.
 */
export function switchDrain(functions: Functions, place: { pool: string; url: string }): void {
  const { drain, login } = functions
  if (place.pool === '' && place.url === '') {
    delete functions.drain
    if (login) take(login, FOR_LOGIN)
    return
  }
  if (drain) take(drain, place.pool === '' ? OF_POOL : OF_ENDPOINT)
  if (login) Object.assign(login, { handler: MOVING_LOGIN, timeout: LOGIN_SECONDS })
}

/** Takes variables and a right from a function. */
function take(definition: Functions[string], { variables, rights }: typeof OF_POOL): void {
  const { environment = {}, may } = definition
  const left = Object.entries(environment).filter(([name]) => !variables.includes(name))
  definition.environment = Object.fromEntries(left)
  if (may) definition.may = may.filter((name) => !rights.includes(name))
}
