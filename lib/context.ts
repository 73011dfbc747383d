import type { Table } from './aws/dynamodb.ts'
import type { Config, SettingName } from './config.ts'

/** What the steps of a request have in common: the table, the settings of these names, who asks from where, and when. */
export interface At<N extends SettingName = never, T extends Table = Table> {
  table: T
  config: Config<N>
  /** As `originOf` in `lib/http/headers.ts` returns it. */
  origin: { sourceIp: string; userAgent: string }
  now: Date
  /** Route or command, such as `PUT /password` or `users set-role`. */
  via: string
  /** Id of the request in the gateway's log, or of the command. */
  requestId: string
}
