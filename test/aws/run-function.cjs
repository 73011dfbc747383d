// Lambda's part: loads a bundle in a process of its own and hands it one event after the other.
const { handler } = require(process.argv[2])

process.on('message', async (event) => {
  const outcome = await handler(event, { getRemainingTimeInMillis: () => 5_000 }).then(
    (returned) => ({ returned }),
    ({ message }) => ({ threw: message }),
  )
  process.send(outcome)
})
