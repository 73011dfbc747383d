import { expect, inject } from 'vitest'
import { describeService } from '../support/process/service-description.ts'
import { deploymentAt, PREFIX } from './deployment.ts'
import { startOperator } from './operator.ts'
import { startRecorder } from './recorded-actions.ts'

/** The stage `prod` on the emulator, and its operator. All steps share them. */
export const emulator = inject('emulatorUrl')
export const deployment = deploymentAt(emulator)
/** Records what the operator's commands call. */
export const recorder = await startRecorder(emulator)
export const operator = startOperator(recorder.url)
const { aws } = deployment

/**
 * Functions that exist only with `pages=on`, with `oauth=on`, with `clientMetadataHosts`, with `federation=on`, with `console=on`, with
 * `actAs=on`, with `eventBus`, and with `deviceBoundSessions`.
 */
const SWITCHED_OFF = [
  ...['docs', 'signin', 'account-pages'],
  ...['approve', 'authorize', 'token', 'fetch-client'],
  ...['federation', 'new-identity', 'identities'],
  ...['console', 'admin-read', 'admin-change', 'admin-danger', 'act-as', 'publish-event'],
  'device',
]

export const service = describeService()
export const FUNCTIONS = Object.keys(service.functions).filter((key) => !SWITCHED_OFF.includes(key))

/** Routes that exist only with `oauth=on`, of functions that have others. */
const APP_ROUTES = /^(apps|oauth2)\b/

/** Returns the routes of a function on this stage. */
export const routesOf = (key: string) =>
  (service.functions[key]?.events ?? []).filter(({ http }) => !APP_ROUTES.test(http.path))

/** The administrator, who exists from the first step to the last. */
export const ROOT = { username: 'root', password: 'another horse battery staple' }

/** Sender of the stage's mails. moto takes any address for verified after one call. */
export const SENDER = 'no-reply@example.org'

/** The stage checks no password at a service outside the machine. */
export const PARAMETERS = [
  'breachedPasswords=off',
  `mailFrom=${SENDER}`,
  'registration=open',
  'mailSignIn=on',
  'publicUrl=https://app.example',
].flatMap((parameter) => ['--param', parameter])

/** Runs `npm run deploy`. */
export const deploy = (more: string[] = [], url = recorder.url) =>
  operator.npmRun(['deploy', '--', '--stage', 'prod', ...PARAMETERS, ...more], { url })

/** Runs `npx sls deploy function`. */
export const deployFunction = (functionKey: string, more: string[] = []) =>
  operator.npmRun(
    ['deploy', '--', 'function', '-f', functionKey, '--stage', 'prod', ...PARAMETERS, ...more],
    { url: recorder.url },
  )

/** Expects that a command succeeded. Shows its output otherwise. */
export const succeeded = ({ status, stdout, stderr }: Awaited<ReturnType<typeof deploy>>) =>
  expect(status, stdout + stderr).toBe(0)

const keyOf = async (slot: string) => {
  const { KeyMetadata } = await aws('kms', 'DescribeKey', { KeyId: `alias/${PREFIX}-${slot}` })
  return String(Object(KeyMetadata).Arn)
}

/** Returns the ARNs of both signing keys. */
export const keysOfStage = () => Promise.all(['a', 'b'].map(keyOf))

/** Returns the ARN of the key of second factors. */
export const factorKeyOfStage = () => keyOf('factors')

export const aliasesOf = async () => {
  const { Aliases } = await aws('kms', 'ListAliases', {})
  const own = (Aliases as { AliasName: string }[]).filter(({ AliasName }) => AliasName.includes(PREFIX))
  return own.map(({ AliasName }) => AliasName).sort()
}

/** Reads everything that a deployment without changes, or a failed one, must not change. */
export async function snapshot() {
  const { Items } = await aws('dynamodb', 'Scan', { TableName: PREFIX })
  const functions = await Promise.all(FUNCTIONS.map((key) => deployment.read(key)))
  return {
    items: Items,
    keys: await keysOfStage(),
    code: functions.map(({ configuration }) => configuration.CodeSha256),
    environments: functions.map(({ configuration }) => configuration.Environment),
    outputs: await deployment.outputs(),
  }
}

const partOf = (token: string, index: number) =>
  JSON.parse(Buffer.from(token.split('.')[index] ?? '', 'base64url').toString())

export const claimsOf = (token: string) => partOf(token, 1)
export const kidOf = (token: string): string => partOf(token, 0).kid
