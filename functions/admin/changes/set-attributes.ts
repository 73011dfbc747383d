import { randomUUID } from 'node:crypto'
import { type ChangingRoute, changed, readUserChange } from '../../../lib/http/operators/changer.ts'
import { noContent } from '../../../lib/http/responses.ts'
import { AttributesChange } from '../../../lib/http/schemas/admin.ts'
import { type Setting, setAttributes } from '../../../lib/operators/attributes.ts'

/** PUT /admin-api/users/{id}/attributes: sets attributes of a user. `null` sets the default, and others stay. */
export const route: ChangingRoute = async (event, at) => {
  const change = { may: 'attributes:set', work: 'danger', body: AttributesChange } as const
  const { operator, target, body } = await readUserChange(event, at, change)
  const settings = Object.entries(body).map(([name, value]): Setting => [name, value ?? undefined])
  if (settings.every(([name, value]) => target.attributes?.[name] === value)) return noContent()
  return changed(await setAttributes(at.table, target, { settings, changeId: randomUUID() }, operator.act))
}
