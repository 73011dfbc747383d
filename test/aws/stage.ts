import { expect, inject } from 'vitest'
import { deploymentAt, STACK } from './deployment.ts'
import { startOperator } from './operator.ts'
import { ENVIRONMENT } from './steps/expected.ts'

/** The stage `prod` on the emulator, and whoever operates it; one for all steps. */
export const emulator = inject('emulatorUrl')
export const deployment = deploymentAt(emulator)
export const operator = startOperator(emulator)
const { aws } = deployment

export const FUNCTIONS = Object.keys(ENVIRONMENT)

/** The administrator that stays from the first step to the last. */
export const ROOT = { username: 'root', password: 'another horse battery staple' }

/** Types `npm run deploy`. */
export const deploy = (more: string[] = [], url = emulator) =>
  operator.npmRun(['deploy', '--', '--stage', 'prod', ...more], { url })

/** Sees that a command ended well, and shows what it printed if not. */
export const succeeded = ({ status, stdout, stderr }: Awaited<ReturnType<typeof deploy>>) =>
  expect(status, stdout + stderr).toBe(0)

/** ARNs of both keys. */
export const keysOfStage = () =>
  Promise.all(
    ['a', 'b'].map(async (slot) => {
      const { KeyMetadata } = await aws('kms', 'DescribeKey', { KeyId: `alias/${STACK}-${slot}` })
      return String(Object(KeyMetadata).Arn)
    }),
  )

export const aliasesOf = async () => {
  const { Aliases } = await aws('kms', 'ListAliases', {})
  const ours = (Aliases as { AliasName: string }[]).filter(({ AliasName }) => AliasName.includes(STACK))
  return ours.map(({ AliasName }) => AliasName).sort()
}

/** All that is stored, and all that runs: what a deployment that changes nothing, or fails, must leave as it is. */
export async function snapshot() {
  const { Items } = await aws('dynamodb', 'Scan', { TableName: STACK })
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
