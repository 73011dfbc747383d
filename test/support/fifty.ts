import { vi } from 'vitest'

/** Does something 50 times at once. No call is given up and sent again because the machine is busy. */
export async function fifty<T>(act: () => Promise<T>): Promise<T[]> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  try {
    return await Promise.all(Array.from({ length: 50 }, act))
  } finally {
    vi.useRealTimers()
  }
}
