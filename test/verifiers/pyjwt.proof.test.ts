import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { recordLogs } from '../support/logs.ts'
import { root } from '../support/process/service-description.ts'
import { useService } from '../support/service.ts'
import { AUDIENCE, ISSUER, issueTokens } from './issued.ts'

// Without python3-jwt, other-languages.proof.test.ts says how to install it, and fails with CI=true.

const PYTHON = '/usr/bin/python3'
const hasPyJwt = spawnSync(PYTHON, ['-c', 'import jwt']).status === 0
recordLogs([], ['info', 'warn'])
const stores = await useService()
const issued = await issueTokens(stores, 50)

test.skipIf(!hasPyJwt)('PyJWT accepts every token at once with its default settings', () => {
  for (const [after, tokens] of Object.entries(issued.tokens)) {
    const refused = faultsOf(tokens).filter((fault) => fault !== null)
    expect(refused).toEqual([])
    console.log(`PyJWT after ${after}: ${tokens.length} tokens accepted, ${refused.length} refused`)
  }
})

test.skipIf(!hasPyJwt)('PyJWT refuses a token for another audience', () => {
  expect(faultsOf(issued.tokens.login.slice(0, 1), 'another')).toEqual(['InvalidAudienceError'])
})

/** Returns for each token null, or the name of PyJWT's error. */
function faultsOf(tokens: string[], audience = AUDIENCE): (string | null)[] {
  const input = JSON.stringify({ tokens, jwks: issued.jwks, issuer: ISSUER, audience })
  const script = `${root}/test/verifiers/pyjwt.py`
  const { stdout, stderr } = spawnSync(PYTHON, [script], { input, encoding: 'utf8' })
  if (stdout === '') throw new Error(stderr)
  return JSON.parse(stdout)
}
