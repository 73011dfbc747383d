import { AsyncLocalStorage } from 'node:async_hooks'
import type { connectionTo as ConnectionTo } from '../../../lib/aws/connection.ts'

export interface Response {
  status: number
  body: string
}

/** A request that an operation is about to send to AWS. Each retry is another request. */
export interface Attempt {
  operation: string
  // biome-ignore lint/suspicious/noExplicitAny: the input of any operation.
  input: any
  /** Sends it, once or more often. */
  send(): Promise<Response>
}

/** What an operation's requests wait for. */
export type Gate = (attempt: Attempt) => Promise<Response>

/** Changes the input of a request, or returns the response itself. */
export type Alter = (operation: string, input: Attempt['input']) => { body: string } | undefined

interface Wiring {
  gates: AsyncLocalStorage<Gate>
  /** Computations of Web Crypto under way. Until they end, operations send nothing and do not end. */
  computing: number
  alter?: Alter | undefined
  /** Whether a refresh token names no sign-in. */
  forgetsSignIns?: boolean
}

declare global {
  // Fresh modules, as a cold start has them, share this.
  var interleaveWiring: Wiring | undefined
}

globalThis.interleaveWiring ??= { gates: new AsyncLocalStorage(), computing: 0 }
export const wiring = globalThis.interleaveWiring

/** No request is too slow, however busy the machine is: only the schedule decides. */
const PATIENCE_MS = 30_000

/**
 * Puts a gate before the connections of `lib/aws`. The client above them, with its rules for retries, is the real one.
 *
 * @example
 * vi.mock('../../../lib/aws/connection.ts', async (original) =>
 *   (await import('./gate.ts')).gated(await original()),
 * )
 */
export const gated = (real: { connectionTo: typeof ConnectionTo }) => ({
  connectionTo(...to: Parameters<typeof ConnectionTo>) {
    const send = real.connectionTo(...to)
    return async (
      path: string,
      headers: readonly string[],
      body: string,
      timeoutMs: number,
    ): Promise<Response> => {
      const gate = wiring.gates.getStore()
      if (gate === undefined) return send(path, headers, body, timeoutMs)
      const target = headers.indexOf('x-amz-target')
      const operation = target === -1 ? path : String(headers[target + 1]).replace(/^.*\./, '')
      const input = JSON.parse(body)
      return gate({ operation, input, send: () => wiring.gates.exit(() => sendAltered(operation, input)) })

      async function sendAltered(operation: string, input: object): Promise<Response> {
        const changed = structuredClone(input)
        const made = wiring.alter?.(operation, changed)
        if (made !== undefined) return { status: 200, ...made }
        const text = JSON.stringify(changed)
        const length = headers.indexOf('content-length') + 1
        return send(path, headers.with(length, String(Buffer.byteLength(text))), text, PATIENCE_MS)
      }
    }
  },
})

type RefreshTokens = typeof import('../../../lib/sessions/refresh-token.ts')

/** Makes the service take a token for one of the latest sign-in of its session, while `wiring.forgetsSignIns` is set. */
export const forgetful = (real: RefreshTokens): RefreshTokens => ({
  ...real,
  classifySecret: (stored, presented, ...more) =>
    real.classifySecret(
      stored,
      wiring.forgetsSignIns ? { ...presented, authTime: stored.authTime } : presented,
      ...more,
    ),
})

/** Counts the computations of Web Crypto, which run in other threads: how long they take must not decide an order. */
export function countComputations(): void {
  const { subtle } = globalThis.crypto
  for (const name of ['importKey', 'verify', 'digest'] as const) {
    const compute = subtle[name].bind(subtle) as (...parameters: unknown[]) => Promise<unknown>
    if (Object.hasOwn(subtle, name)) continue
    const counted = (...parameters: unknown[]) => {
      wiring.computing += 1
      return compute(...parameters).finally(() => {
        wiring.computing -= 1
      })
    }
    Object.defineProperty(subtle, name, { value: counted, configurable: true })
  }
}

/** Replaces the pauses between attempts. The schedule decides when each attempt arrives. */
export const withoutPauses = (real: typeof import('node:timers/promises')) => ({
  ...real,
  setTimeout: () => real.setImmediate(),
})
