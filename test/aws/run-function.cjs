// Acts as Lambda: loads a bundle in its own process and passes it one event after the other.
const { handler } = require(process.argv[2])

process.on('message', async (event) => {
  const context = { getRemainingTimeInMillis: () => 5_000, awsRequestId: crypto.randomUUID() }
  const outcome = await handler(event, context).then(
    (returned) => ({ returned }),
    ({ message }) => ({ threw: message }),
  )
  process.send(outcome)
})
