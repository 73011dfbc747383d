import { beforeAll, expect, inject, test, vi } from 'vitest'
import { type Ask, saveProgram, startProgram } from './programs.ts'
import { type TokenCase, tokenCases } from './tokens.ts'
import { unavailableIssuers } from './unavailable.ts'
import { expectVerdicts } from './verdicts.ts'

// The programs of docs/VERIFYING.md that need nothing but Node. The others are in other-languages.proof.test.ts.

const ISSUER = inject('serviceUrl')
const LAMBDA = 'Lambda and aws-jwt-verify'

let cases: readonly TokenCase[]
let validToken: string | undefined
beforeAll(async () => {
  cases = await tokenCases(ISSUER, inject('kmsUrl'))
  validToken = cases[0]?.token
})

/** Heading, file, and the status of a valid token when the keys cannot be loaded. */
const SERVERS: [string, string, number][] = [
  ['Express', 'express.mjs', 401],
  ['Node and jose', 'jose.mjs', 503],
]

test.each(SERVERS)('%s accepts valid tokens and refuses all others', async (heading, file) => {
  await expectVerdicts(heading, await startServer(heading, file, ISSUER), cases)
})

test(`${LAMBDA} accepts valid tokens and refuses all others`, async () => {
  const { handler } = await loadFunction('lambda.mjs', ISSUER)
  const ask: Ask = async (rawPath, token) => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
    return (await handler({ rawPath, headers })).statusCode
  }
  await expectVerdicts(LAMBDA, ask, cases)
})

test('/userinfo accepts valid tokens and refuses all others', async () => {
  const ask: Ask = async (_path, token) => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
    return (await fetch(`${ISSUER}/userinfo`, { headers })).status
  }
  const sameForAll = cases.map((one): TokenCase => ({ ...one, statuses: [one.statuses[0], one.statuses[0]] }))
  await expectVerdicts('/userinfo', ask, sameForAll)
})

test.each(SERVERS)('%s in %s responds %i to a valid token without keys', async (heading, file, status) => {
  for (const issuer of await unavailableIssuers()) {
    const ask = await startServer(heading, file, issuer)
    expect(await ask('/', validToken)).toBe(status)
  }
})

test(`${LAMBDA} does not start without keys`, async () => {
  for (const [index, issuer] of (await unavailableIssuers()).entries()) {
    await expect(loadFunction(`lambda-${index}.mjs`, issuer)).rejects.toThrow()
  }
})

const startServer = (heading: string, file: string, issuer: string) =>
  startProgram(process.execPath, [saveProgram(heading, file)], { ISSUER: issuer })

function loadFunction(file: string, issuer: string) {
  vi.stubEnv('ISSUER', issuer)
  return import(saveProgram(LAMBDA, file))
}
