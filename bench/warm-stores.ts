import { readFileSync, writeSync } from 'node:fs'
import { createRequire } from 'node:module'
import { usernameAt } from './stores.ts'

// Calls warm logins with stores of different sizes, in turns, each with a user taken at random from its store.
const WARM_UP_ROUNDS = 10

const [bundle = '', inputFile = ''] = process.argv.slice(2)
const { event, rounds: wanted, stores } = JSON.parse(readFileSync(inputFile, 'utf8'))
const require = createRequire(import.meta.url)
const context = { getRemainingTimeInMillis: () => 5_000 }

interface Contestant {
  size: number
  environment: Record<string, string>
}

// A bundle reads its environment when it is loaded, so it is loaded once for each store.
const contestants = (stores as Contestant[]).map(({ size, environment }) => {
  Object.assign(process.env, environment)
  delete require.cache[bundle]
  return { size, handler: require(bundle).handler, ms: [] as number[] }
})

for (let round = 0; round < WARM_UP_ROUNDS + wanted; round += 1) {
  // Another one first in every round.
  const first = round % contestants.length
  for (const { size, handler, ms } of [...contestants.slice(first), ...contestants.slice(0, first)]) {
    const username = usernameAt(Math.floor(Math.random() * size))
    const body = JSON.stringify({ username, password: 'user' })
    const start = performance.now()
    const { statusCode } = await handler({ ...event, body }, context)
    const end = performance.now()
    if (statusCode !== 200) throw new Error(`login answered ${statusCode}`)
    ms.push(end - start)
  }
}
writeSync(3, JSON.stringify(contestants.map(({ ms }) => ms.slice(WARM_UP_ROUNDS))))
