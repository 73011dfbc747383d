import { byRoute } from '../../lib/http/routes.ts'
import { tableHandler } from '../../lib/http/table.ts'
import { route as listProviders } from './list-providers.ts'

/** The routes that sign in with another identity provider. */
export const handler = tableHandler([], byRoute({ 'GET /providers': listProviders }))
