import { randomBytes, randomUUID } from 'node:crypto'
import type { Api } from '../../../lib/oauth/apis/api.ts'
import { createApi, findApis, removeApi } from '../../../lib/oauth/apis/store.ts'
import { untilStored } from '../../../lib/users/until-stored.ts'
import { commandLine } from '../../../project/commands.ts'
import type { OperatorTable } from '../../cli/operator.ts'
import { Refusal, refusalOf } from '../../cli/refusal.ts'

/** Returns an API with a random identifier and one scope, without storing it. Its host does not exist. */
export function newSmokeApi(now: Date): Api {
  const name = `smoke-${randomBytes(8).toString('hex')}`
  const at = now.toISOString()
  return {
    identifier: `https://${name}.invalid`,
    name,
    scopes: [{ name: `${name}.read`, sentence: 'Test this service' }],
    changeId: randomUUID(),
    createdAt: at,
    changedAt: at,
  }
}

/** Stores an API. */
export const storeSmokeApi = (table: OperatorTable, api: Api) => createApi(table, api, table.act())

/** Returns the name of the scope of an API. */
export const scopeOf = ({ scopes: [scope] }: Api): string => String(scope?.name)

/**
 * Removes an API whose test has ended, or failed. Clients that have its scope are removed before.
 *
 * @param option - Option of `npm run clients` that selects the table.
 * @throws {@link Refusal} `failed`, if the API may still exist.
 */
export async function endSmokeApi(table: OperatorTable, { identifier }: Api, option: string): Promise<void> {
  try {
    await untilStored(async () => {
      const [api] = await findApis(table, [identifier])
      return api === undefined || (await removeApi(table, api, table.act())) === 'done' || undefined
    })
  } catch (error) {
    const next = `Remove it: ${commandLine('clients', `remove-api ${identifier} ${option}`)}`
    const reason = refusalOf(error).message
    throw new Refusal('failed', `API ${identifier} may still exist. ${next}. Reason: ${reason}`)
  }
}
