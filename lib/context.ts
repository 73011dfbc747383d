import type { Table } from './aws/dynamodb.ts'
import type { Config, SettingName } from './config.ts'

/**
 * Values that all steps of a request need: the table, the settings of these names, the origin of the request,
 * and its time.
 */
export interface At<N extends SettingName = never, T extends Table = Table> {
  table: T
  config: Config<N>
  /** The result of `originOf` in `lib/http/headers.ts`. */
  origin: { sourceIp: string; userAgent: string }
  now: Date
  /** Route or command, such as `PUT /password` or `users set-role`. */
  via: string
  /** Id of the request in the gateway's log, or of the command. */
  requestId: string
}
