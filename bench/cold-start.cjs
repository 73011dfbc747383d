// Measures one cold start: from the start of this process to the handler's first result. It is CommonJS and loads
// nothing that functions do not load, so that the time of the empty handler is that of Node itself.
const { readFileSync, writeSync } = require('node:fs')

const [bundle, eventFile, timeoutMs] = process.argv.slice(2)
const event = JSON.parse(readFileSync(eventFile, 'utf8'))
const context = { getRemainingTimeInMillis: () => Number(timeoutMs), awsRequestId: 'cold-start' }

require(bundle)
  .handler(event, context)
  .then((result) => {
    // Counts from the start of the process (performance.timeOrigin).
    const ms = performance.now()
    writeSync(3, JSON.stringify({ ms, result }))
    process.exit()
  })
