import { argon2Sync } from 'node:crypto'
import hashWasm from 'hash-wasm/dist/argon2.umd.min.js'

// Compares the CPU time of a hash by node:crypto and by its fallback, at the current cost and at the limits of
// `lib/passwords/phc.ts`. Run it on a quiet machine: `node bench/argon2.ts`.
const COSTS = [
  { memoryKiB: 19_456, passes: 2, parallelism: 1, runs: 41 },
  { memoryKiB: 65_536, passes: 3, parallelism: 4, runs: 11 },
  { memoryKiB: 262_144, passes: 3, parallelism: 1, runs: 5 },
  { memoryKiB: 262_144, passes: 3, parallelism: 4, runs: 5 },
  { memoryKiB: 262_144, passes: 3, parallelism: 16, runs: 5 },
  { memoryKiB: 78_643, passes: 10, parallelism: 1, runs: 5 },
]
const message = Buffer.from('correct horse battery staple')
const nonce = Buffer.alloc(16, 1)

async function medianMs(runs: number, act: () => unknown): Promise<number> {
  await act()
  const times: number[] = []
  for (let run = 0; run < runs; run += 1) {
    const before = process.cpuUsage()
    await act()
    const { user, system } = process.cpuUsage(before)
    times.push((user + system) / 1000)
  }
  return times.sort((a, b) => a - b)[runs >> 1] ?? 0
}

for (const { memoryKiB: memory, passes, parallelism, runs } of COSTS) {
  const native = () => argon2Sync('argon2id', { message, nonce, memory, passes, parallelism, tagLength: 32 })
  const fallback = () =>
    hashWasm.argon2id({
      password: message,
      salt: nonce,
      memorySize: memory,
      iterations: passes,
      parallelism,
      hashLength: 32,
      outputType: 'binary',
    })
  const [a, b] = [await medianMs(runs, native), await medianMs(runs, fallback)].map((ms) => ms.toFixed(1))
  console.log(`m=${memory},t=${passes},p=${parallelism}: node:crypto ${a} ms, hash-wasm ${b} ms`)
}
