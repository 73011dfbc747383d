declare module 'dynalite' {
  import type { Server } from 'node:http'

  /** Makes an in-memory DynamoDB; see https://github.com/architect/dynalite. */
  export default function dynalite(options: { createTableMs: number }): Server
}
