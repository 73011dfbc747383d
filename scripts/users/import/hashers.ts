import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'

/** Threads that hash passwords, one for each core. */
export interface Hashers {
  hash(password: string): Promise<string>
  stop(): Promise<void>
}

/** Starts no thread before there is something to hash. */
export function startHashers(): Hashers {
  const threads: ReturnType<typeof startThread>[] = []
  let turn = 0
  return {
    hash(password) {
      if (threads.length === 0) threads.push(...Array.from({ length: availableParallelism() }, startThread))
      const thread = threads[turn++ % threads.length]
      if (thread === undefined) throw new TypeError('there is no thread to hash on')
      return thread.hash(password)
    },
    async stop() {
      await Promise.all(threads.map(({ worker }) => worker.terminate()))
    },
  }
}

function startThread() {
  const worker = new Worker(new URL('./hash-worker.ts', import.meta.url))
  // A thread answers in the order in which it was asked.
  const asked: PromiseWithResolvers<string>[] = []
  let failure: Error | undefined
  worker.on('message', (hash: string) => asked.shift()?.resolve(hash))
  worker.on('error', (error) => {
    failure = error
    for (const { reject } of asked.splice(0)) reject(error)
  })
  return {
    worker,
    hash(password: string): Promise<string> {
      if (failure) return Promise.reject(failure)
      const answer = Promise.withResolvers<string>()
      asked.push(answer)
      worker.postMessage(password)
      return answer.promise
    },
  }
}
