// One cold start: from the start of this process to the handler's first answer. CommonJS, and nothing loaded that
// a function does not have loaded for it, so that the empty handler's time is node's own.
const { readFileSync, writeSync } = require('node:fs')

const [bundle, eventFile, timeoutMs] = process.argv.slice(2)
const event = JSON.parse(readFileSync(eventFile, 'utf8'))
const context = { getRemainingTimeInMillis: () => Number(timeoutMs) }

require(bundle)
  .handler(event, context)
  .then((answer) => {
    // Counts from the start of the process (performance.timeOrigin).
    const ms = performance.now()
    writeSync(3, JSON.stringify({ ms, answer }))
    process.exit()
  })
