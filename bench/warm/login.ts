import { argon2Sync } from 'node:crypto'
import { readFileSync, writeSync } from 'node:fs'
import { createRequire } from 'node:module'

// Calls in turns a warm login, its floor, and a bare argon2id with the same parameters.
// The compiler has not yet optimised the code of the first calls.
const FIRST_ROUNDS = 25
const WARM_UP_ROUNDS = 100
const ROUNDS = 100

const [bundle = '', inputFile = ''] = process.argv.slice(2)
const { floor, event, passwordHash } = JSON.parse(readFileSync(inputFile, 'utf8'))
const require = createRequire(import.meta.url)
const { handler } = require(bundle)
const { handler: floorHandler } = require(floor)
const context = { getRemainingTimeInMillis: () => 5_000 }

const [, m, t, p] = /m=(\d+),t=(\d+),p=(\d+)/.exec(passwordHash) ?? []
const parameters = {
  message: Buffer.from('user'),
  nonce: Buffer.alloc(16),
  memory: Number(m),
  passes: Number(t),
  parallelism: Number(p),
  tagLength: 32,
}

/** Returns the milliseconds of one call. */
async function timeMs(act: () => unknown): Promise<number> {
  const start = performance.now()
  await act()
  return performance.now() - start
}

async function logIn(login: (request: object, context: object) => Promise<{ statusCode: number }>) {
  const { statusCode } = await login(event, context)
  if (statusCode !== 200) throw new Error(`login returned ${statusCode}`)
}

const rounds = []
while (rounds.length < WARM_UP_ROUNDS + ROUNDS) {
  rounds.push({
    loginMs: await timeMs(() => logIn(handler)),
    hashMs: await timeMs(() => argon2Sync('argon2id', parameters)),
    floorLoginMs: await timeMs(() => logIn(floorHandler)),
  })
}
writeSync(3, JSON.stringify({ first: rounds.slice(1, FIRST_ROUNDS), warm: rounds.slice(WARM_UP_ROUNDS) }))
