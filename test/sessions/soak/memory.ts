import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Starts to measure the memory of this thread at intervals, each time after a garbage collection. */
export function watchMemory(intervalMs: number) {
  setFlagsFromString('--expose-gc')
  const collectGarbage: () => void = runInNewContext('gc')
  const startedMs = performance.now()
  const samples: { atMs: number; bytes: number }[] = []
  const timer = setInterval(() => {
    collectGarbage()
    samples.push({ atMs: performance.now() - startedMs, bytes: getHeapStatistics().used_heap_size })
  }, intervalMs)
  return {
    /** Ends the measurement. Returns the samples after the first third, in which code is compiled and caches fill. */
    stop() {
      clearInterval(timer)
      return samples.slice(Math.ceil(samples.length / 3))
    },
  }
}

/** Returns by how many bytes memory grows within the samples, by their regression line (least squares). */
export function growthOf(samples: readonly { atMs: number; bytes: number }[]): number {
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const middleMs = mean(samples.map(({ atMs }) => atMs))
  const middleBytes = mean(samples.map(({ bytes }) => bytes))
  const covariance = mean(samples.map(({ atMs, bytes }) => (atMs - middleMs) * (bytes - middleBytes)))
  const variance = mean(samples.map(({ atMs }) => (atMs - middleMs) ** 2))
  const [first, last] = [samples.at(0)?.atMs ?? 0, samples.at(-1)?.atMs ?? 0]
  return (covariance / variance) * (last - first)
}
