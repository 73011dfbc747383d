import { createRequire } from 'node:module'
import { isMainThread } from 'node:worker_threads'

// Preloaded into a service: prints the URL of its KMS, just before the text that says that it is running. With it, a test
// can sign tokens that the service would never issue, by the service's own key.

interface Framework {
  service: { functions: Record<string, { environment: Record<string, string> }> }
  run(): Promise<void>
}

if (isMainThread) {
  const require = createRequire(import.meta.url)
  const { prototype }: { prototype: Framework } = require('serverless/lib/serverless.js')
  const { run } = prototype
  let framework: Framework | undefined
  prototype.run = function () {
    framework = this
    return run.call(this)
  }
  const { log } = console
  console.log = (...texts) => {
    if (String(texts[0]).includes('is running at')) {
      log(`its KMS is at ${framework?.service.functions.login?.environment.AWS_ENDPOINT_URL_KMS}`)
    }
    log(...texts)
  }
}
