import { SETTINGS } from '../../lib/config.ts'
import { ownAudienceOf } from '../../lib/tokens/client-token.ts'
import { actAudienceOf } from '../../lib/values.ts'
import { didYouMean } from '../../project/did-you-mean.ts'
import { PARAMETER_NAMES, type ParameterName } from '../../project/parameter-names.ts'
import type { Parameters } from '../framework.d.ts'
import { actOrigins, faultsOfActOrigins } from './act-origins.ts'
import { namePrefix } from './name-prefix.ts'
import { appClient, endpointUrl, faultsOfOldPlace, sealedSecret, userPool } from './old-place.ts'
import { operators } from './operators.ts'
import { faultsOfRelyingParty, rpId, rpOrigins } from './relying-party.ts'
import { faultsOfProviders, faultsOfSites } from './same-site.ts'
import { documentHosts, domains, origins, sender, shortName, topic } from './values.ts'

/**
 * Longest name of a stage. The name of a role may have 64 characters, and the longest one that this repository needs is
 * `serverless-jwt-auth-STAGE-admin-content-ap-southeast-1`.
 */
export const LONGEST_STAGE = 15

/** Rules for the parameters of `serverless.yml`. A parameter that is a function's setting has the rule of the setting. */
const RULES = {
  issuer: SETTINGS.TOKEN_ISSUER,
  audience: SETTINGS.TOKEN_AUDIENCE,
  tokenTtlSeconds: SETTINGS.TOKEN_TTL_SECONDS,
  sessionTtlSeconds: SETTINGS.SESSION_TTL_SECONDS,
  sessionIdleTtlSeconds: SETTINGS.SESSION_IDLE_TTL_SECONDS,
  refreshGraceSeconds: SETTINGS.REFRESH_GRACE_SECONDS,
  limitUserAndSource: SETTINGS.LIMIT_USER_AND_SOURCE,
  limitSource: SETTINGS.LIMIT_SOURCE,
  limitKnownSource: SETTINGS.LIMIT_KNOWN_SOURCE,
  limitUser: SETTINGS.LIMIT_USER,
  limitUserAndKnownSource: SETTINGS.LIMIT_USER_AND_KNOWN_SOURCE,
  loginRateLimit: readThrottle,
  refreshRateLimit: readThrottle,
  tokenRateLimit: readThrottle,
  userinfoRateLimit: readThrottle,
  allowedOrigins: origins,
  cookieSessions: oneOf('on', 'off'),
  deviceBoundSessions: oneOf('off', 'watch', 'on'),
  // API Gateway allows an hour, but a revoked token would be accepted for as long.
  authorizerCacheSeconds: whole('seconds', 0, 300),
  memoryMb: whole('megabytes', 128, 10_240),
  loginConcurrency: whole('logins', 0, 100_000),
  monitoring: oneOf('on', 'off'),
  alarmTopicArn: topic,
  accessLogs: oneOf('on', 'off'),
  requestFloodPerMinute: whole('requests', 1, 100_000_000),
  signingKey: oneOf('a', 'b'),
  publishedKeys: oneOf('a', 'b', 'a,b'),
  breachedPasswords: oneOf('on', 'off'),
  limitMailSource: SETTINGS.LIMIT_MAIL_SOURCE,
  limitMailSignIns: SETTINGS.LIMIT_MAIL_SIGN_INS,
  limitMailRecipient: SETTINGS.LIMIT_MAIL_RECIPIENT,
  mailFrom: sender,
  serviceName: shortName,
  publicUrl: SETTINGS.PUBLIC_URL,
  registration: oneOf('off', 'invite', 'open'),
  allowedEmailDomains: domains,
  mailSignIn: oneOf('on', 'off'),
  notifyNewSource: oneOf('on', 'off'),
  requireSecondFactor: SETTINGS.REQUIRE_SECOND_FACTOR,
  factorResetDelaySeconds: SETTINGS.FACTOR_RESET_DELAY_SECONDS,
  rpId,
  rpOrigins,
  pages: oneOf('on', 'off'),
  demo: oneOf('on', 'off'),
  oauth: oneOf('on', 'off'),
  clientMetadataHosts: documentHosts,
  federation: oneOf('on', 'off'),
  console: oneOf('on', 'off'),
  limitAdminReads: SETTINGS.LIMIT_ADMIN_READS,
  limitAdminChanges: SETTINGS.LIMIT_ADMIN_CHANGES,
  actAs: oneOf('on', 'off'),
  actAsOrigins: actOrigins,
  eventBus: oneOf('off', 'changes', 'all'),
  oldPool: userPool,
  oldPoolClient: appClient,
  passwordsUrl: endpointUrl,
  passwordsSecret: sealedSecret,
  operators,
  retained: oneOf('true', 'false'),
  namePrefix,
  buildFolder: () => {},
} satisfies Record<ParameterName, (text: string) => unknown>

const isParameterName = (name: string): name is ParameterName => Object.hasOwn(RULES, name)

function whole(unit: string, least: number, most: number) {
  return (text: string) => {
    if (/^\d+$/.test(text) && Number(text) >= least && Number(text) <= most) return
    throw new Error(`must be whole ${unit} from ${least} to ${most}`)
  }
}

function oneOf(...values: string[]) {
  return (text: string) => {
    if (!values.includes(text)) throw new Error(`must be ${values.join(' or ')}`)
  }
}

/** Limits of a method at the gateway: requests a second, and how many more may come at once (a token bucket's size). */
interface Throttle {
  rate: number
  burst: number
}

/** Reads a method throttle such as `200/100`. A rate or burst of 0 would close the route. */
export function readThrottle(text: string): Throttle {
  const [, rate, burst] = /^([1-9]\d{0,4})\/([1-9]\d{0,4})$/.exec(text) ?? []
  if (rate === undefined) {
    throw new Error('must be requests per second/burst, such as 200/100, each from 1 to 99999')
  }
  return { rate: Number(rate), burst: Number(burst) }
}

/**
 * Returns the parameters of a stage, by the framework's own rules.
 *
 * @param configured - `params` of `serverless.yml`.
 * @param given - `name=value`, as on the command line. The last value of a name is used.
 */
export function parametersOf(
  configured: Record<string, Parameters | undefined>,
  stage: string,
  given: readonly string[],
): Parameters {
  const fromCommand = given.map((one): [string, string] => {
    const [name = '', ...value] = one.split('=')
    return [name, value.join('=').trimEnd()]
  })
  const isGiven = ([, value]: [string, unknown]) => value !== null
  return {
    ...configured.default,
    ...Object.fromEntries(Object.entries(configured[stage] ?? {}).filter(isGiven)),
    ...Object.fromEntries(fromCommand),
  }
}

/**
 * Checks the name and the parameters of a stage.
 *
 * @param ownUrl - Where browsers reach a service without `publicUrl` and `issuer`; undefined on AWS. No other origin is on
 *   the site of the API's own address there, because such addresses are on the public suffix list.
 * @param others - Names of parameters of the project that the plugin is in.
 * @returns One line for each fault, which says what to change.
 */
export function faultsOf(
  stage: string,
  parameters: Parameters,
  ownUrl?: string,
  others: ReadonlySet<string> = new Set(),
): string[] {
  const faults = [
    ...Object.entries(parameters).flatMap(([name, value]) => faultsOfValue(name, value, others)),
    ...faultsOfCombinations(parameters),
    ...faultsOfAudience(parameters),
    ...faultsOfActOrigins(parameters, stage, ownUrl),
    ...faultsOfProviders(parameters, ownUrl),
    ...faultsOfSites(parameters, ownUrl),
    ...faultsOfRelyingParty(parameters, ownUrl),
    ...faultsOfOldPlace(parameters, ownUrl !== undefined),
  ]
  if (stage.length > LONGEST_STAGE || !/^[a-z0-9-]+$/.test(stage)) {
    faults.unshift(`The name of a stage must be 1 to ${LONGEST_STAGE} of a-z, 0-9 and hyphens.`)
  }
  return faults
}

function faultsOfValue(name: string, value: Parameters[string], others: ReadonlySet<string>): string[] {
  if (!isParameterName(name)) {
    if (others.has(name)) return []
    return [`Unknown parameter ${name}.${didYouMean(name, [...PARAMETER_NAMES, ...others])}`]
  }
  // A value that is a variable of the framework is not resolved yet. The next check has its value.
  if (value === null || String(value).includes('${')) return []
  try {
    RULES[name](String(value))
    return []
  } catch (error) {
    if (value === '') return [`The parameter ${name} has no value. Write --param ${name}=VALUE.`]
    return [`The parameter ${name} ${(error as Error).message}.`]
  }
}

/** Returns what is wrong with a parameter because of another one. */
function faultsOfCombinations(parameters: Parameters): string[] {
  const faults: string[] = []
  if (parameters.mailFrom && parameters.pages !== 'on' && !parameters.publicUrl) {
    faults.push('The parameter publicUrl must name the pages that links in mails open, because pages is off.')
  }
  if (parameters.pages === 'on' && parameters.cookieSessions !== 'on') {
    faults.push(
      'The parameter pages needs cookieSessions=on, because the pages keep their session in a cookie.',
    )
  }
  if (/^(watch|on)$/.test(String(parameters.deviceBoundSessions)) && parameters.cookieSessions !== 'on') {
    faults.push(
      'The parameter deviceBoundSessions needs cookieSessions=on, because browsers bind sessions in cookies.',
    )
  }
  if (parameters.oauth === 'on' && parameters.pages !== 'on') {
    faults.push('The parameter oauth needs pages=on, because users sign in on a page.')
  }
  if (parameters.console === 'on' && parameters.pages !== 'on') {
    faults.push('The parameter console needs pages=on, because operators sign in on a page.')
  }
  if (parameters.actAs === 'on' && parameters.console !== 'on') {
    faults.push('The parameter actAs needs console=on, because operators begin there.')
  }
  if (parameters.federation === 'on' && /^1\/|\/1$/.test(String(parameters.loginRateLimit))) {
    faults.push('The parameter loginRateLimit must be at least 2/2, because federation=on shares it.')
  }
  // `dev` has * by default, also with --param oauth=off.
  if (parameters.oauth === 'off' && !['', '*'].includes(String(parameters.clientMetadataHosts ?? ''))) {
    faults.push('The parameter clientMetadataHosts needs oauth=on: no app signs users in without it.')
  }
  if (parameters.alarmTopicArn && parameters.monitoring === 'off') {
    faults.push('The parameter alarmTopicArn needs monitoring=on: there are no alarms without it.')
  }
  return faults
}

/** Returns what is wrong with an audience that other tokens of this issuer have. */
function faultsOfAudience({ issuer, audience }: Parameters): string[] {
  if (!issuer) return []
  if (audience === ownAudienceOf(String(issuer))) {
    return [
      `The parameter audience must not be ${audience}, which tokens of clients have for the service's own API.`,
    ]
  }
  if (audience === actAudienceOf(String(issuer))) {
    return [`The parameter audience must not be ${audience}. This identifier is that of act-as tokens.`]
  }
  return []
}
