declare module 'dynalite' {
  import type { Server } from 'node:http'

  /** Creates an in-memory DynamoDB. See https://github.com/architect/dynalite. */
  export default function dynalite(options: { createTableMs: number }): Server
}
