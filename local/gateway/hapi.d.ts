// The part that the gateway uses of hapi, the HTTP server of serverless-offline.

export interface Request {
  method: string
  path: string
  mime: string
  headers: Record<string, string | undefined>
  info: { received: number; responded: number; completed: number }
  raw: { req: { rawHeaders: string[]; url: string } }
  response: HapiResponse | null
  /** What the authorizer has said. */
  auth: { credentials: { context?: object } | null }
  server: HapiServer
}

export interface HapiResponse {
  isBoom?: boolean
  /** Of an error. */
  message?: string
  output?: { statusCode: number }
  statusCode?: number
  header?(name: string, value: string): void
}

export interface Reply {
  code(status: number): Reply
  header(name: string, value: string): Reply
  takeover(): Reply
}

export interface Toolkit {
  continue: symbol
  authenticated(auth: { credentials: object }): unknown
  response(body: string): Reply
}

export interface HapiServer {
  ext(
    event: 'onRequest' | 'onPostAuth' | 'onPreHandler' | 'onPreResponse',
    act: (request: Request, h: Toolkit) => unknown,
  ): void
  match(method: string, path: string): { path: string; method: string }
  events: {
    on(event: 'start', act: () => void): void
    on(event: 'response', act: (request: Request) => void): void
  }
}
