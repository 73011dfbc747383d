import { isMainThread } from 'node:worker_threads'

// Preloaded into a service: prints the URL of its KMS, just before the text that says that it is running. With it, a test
// can sign tokens that the service would never issue, by the service's own key.
if (isMainThread) {
  const { log } = console
  console.log = (...texts) => {
    if (String(texts[0]).includes('is running at')) log(`its KMS is at ${process.env.AWS_ENDPOINT_URL_KMS}`)
    log(...texts)
  }
}
