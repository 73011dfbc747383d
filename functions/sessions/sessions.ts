import { byRoute } from '../../lib/http/routes.ts'
import { tableHandler } from '../../lib/http/table.ts'
import { route as listApps } from '../oauth/apps.ts'
import { route as revokeApp } from '../oauth/revoke-app.ts'
import { route as end } from './end.ts'
import { route as list } from './list.ts'

export const SETTINGS = [] as const

/** The routes of the caller's sessions and apps. */
export const route = byRoute({
  'GET /sessions': list,
  'DELETE /sessions/{id}': end,
  'GET /apps': listApps,
  'DELETE /apps/{id}': revokeApp,
})

export const handler = tableHandler(SETTINGS, route)
