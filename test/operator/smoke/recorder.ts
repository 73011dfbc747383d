import { appendFileSync } from 'node:fs'
import http from 'node:http'
import { isMainThread, workerData } from 'node:worker_threads'

// Preloaded into the threads of a service, with a file in the query of its URL. Adds a line to the file for each request that a
// function sends: requests to AWS, and those of `fetch-client`.

const file = new URL(import.meta.url).searchParams.get('file')

if (!isMainThread && file !== null) {
  const { request } = http
  http.request = ((...args: Parameters<typeof request>) => {
    const { path, headers } = Object(args[0])
    const sent = request(...args)
    const end = sent.end.bind(sent)
    const endWith = (body: unknown) => {
      // Names and values in turn.
      const target = String(headers[headers.findIndex((one: string) => /^x-amz-target$/i.test(one)) + 1])
      const operation = target.replace(/^.*\./, '')
      appendFileSync(file, `${JSON.stringify({ name: workerData.functionKey, operation, path, body })}\n`)
      return end(body as string)
    }
    return Object.assign(sent, { end: endWith })
  }) as typeof request
}
