import { vi } from 'vitest'
import { settleAll } from './settle-all.ts'

/** Does something 50 times at once. Calls have no timeout, so that a busy machine causes no second attempts. */
export async function fifty<T>(act: () => Promise<T>): Promise<T[]> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  try {
    return await settleAll(Array.from({ length: 50 }, act))
  } finally {
    vi.useRealTimers()
  }
}
