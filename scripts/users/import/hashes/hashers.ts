import { availableParallelism } from 'node:os'
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'

/** Threads that hash passwords, one per core. */
export interface Hashers {
  hash(password: string): Promise<string>
  stop(): Promise<void>
}

/** Creates hashers. The threads start with the first password. */
export function startHashers(): Hashers {
  const threads: ReturnType<typeof startThread>[] = []
  let turn = 0
  return {
    hash(password) {
      if (threads.length === 0) threads.push(...Array.from({ length: availableParallelism() }, startThread))
      const thread = threads[turn++ % threads.length]
      if (thread === undefined) throw new TypeError('no thread')
      return thread.hash(password)
    },
    async stop() {
      await Promise.all(threads.map(({ worker }) => worker.terminate()))
    },
  }
}

function startThread() {
  const worker = new Worker(new URL(`./hash-worker${extname(import.meta.url)}`, import.meta.url))
  // A thread returns hashes in the order of the passwords.
  const pending: { resolve(hash: string): void; reject(error: Error): void }[] = []
  let failure: Error | undefined
  worker.on('message', (hash: string) => pending.shift()?.resolve(hash))
  worker.on('error', (error) => {
    failure = error
    for (const { reject } of pending.splice(0)) reject(error)
  })
  return {
    worker,
    hash(password: string): Promise<string> {
      if (failure) return Promise.reject(failure)
      return new Promise((resolve, reject) => {
        pending.push({ resolve, reject })
        worker.postMessage(password)
      })
    },
  }
}
