import { expect, test } from 'vitest'
import { decrypt } from '../../lib/aws/encryption.ts'
import { openPasswordsSecret } from '../../lib/drain/secret.ts'
import { sealedSecret } from '../../plugins/parameters/old-place.ts'
import { usersCommand } from '../../scripts/users/command.ts'
import { useTable } from '../support/aws/table.ts'
import { beginInProcess, refusal } from '../support/process/command.ts'
import { describeService } from '../support/process/service-description.ts'

const { table, aws } = await useTable()
const { factorKey } = describeService().custom.auth

const seal = (input: string) => {
  const endpoint = aws.settings.endpoints.dynamodb.origin
  const { stdin, outcome } = beginInProcess(usersCommand, ['seal-secret', '--local', '--endpoint', endpoint])
  stdin.end(input)
  return outcome
}

test('seal-secret prints a secret that only its context opens, and that passwordsSecret accepts', async () => {
  const { status, stdout, stderr } = await seal('a-bearer-secret\n')
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  const sealed = stdout.trimEnd()
  expect(sealedSecret(sealed)).toBeUndefined()
  expect(Buffer.from(sealed, 'base64').toString('latin1')).not.toContain('bearer')
  expect(await openPasswordsSecret(table.aws, factorKey, sealed)).toBe('a-bearer-secret')
  await expect(decrypt(table.aws, factorKey, { provider: 'url' }, sealed)).rejects.toThrow()
})

test.each([
  ['', 2, 'Missing secret on standard input.'],
  ['two words', 1, 'Invalid secret. It has printable ASCII characters without spaces.'],
])('seal-secret refuses %j and repeats nothing of it', async (input, status, line) => {
  expect(await seal(input)).toEqual(refusal(status, line))
})
