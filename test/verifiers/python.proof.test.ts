import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { recordLogs } from '../support/logs.ts'
import { root } from '../support/process/service-description.ts'
import { useService } from '../support/service.ts'
import { AUDIENCE, ISSUER, issueTokens } from './issued.ts'
import { hasPython, PYTHON } from './programs.ts'

// Without their packages, other-languages.proof.test.ts and test/browser/libraries say how to install them, and fail with CI=true.

/** Libraries with their default settings: the module, and the error for another audience. */
const LIBRARIES = [
  ['PyJWT', 'jwt', 'pyjwt.py', 'InvalidAudienceError'],
  ['authlib', 'authlib', 'of_authlib.py', 'InvalidTokenError'],
].map(([name = '', module = '', script = '', fault = '']) => ({
  name,
  script,
  fault,
  isThere: hasPython(module),
}))

recordLogs([], ['info', 'warn'])
const stores = await useService()
const issued = await issueTokens(stores, 50)

describe.each(LIBRARIES)('$name', ({ name, script, fault, isThere }) => {
  /** Returns for each token null, or the name of the library's error. */
  function faultsOf(tokens: string[], audience = AUDIENCE): (string | null)[] {
    const input = JSON.stringify({ tokens, jwks: issued.jwks, issuer: ISSUER, audience })
    const path = `${root}/test/verifiers/${script}`
    const { stdout, stderr } = spawnSync(PYTHON, [path], { input, encoding: 'utf8' })
    if (stdout === '') throw new Error(stderr)
    return JSON.parse(stdout)
  }

  test.skipIf(!isThere)('accepts every token at once with its default settings', () => {
    for (const [after, tokens] of Object.entries(issued.tokens)) {
      const refused = faultsOf(tokens).filter((one) => one !== null)
      expect(refused).toEqual([])
      console.log(`${name} after ${after}: ${tokens.length} tokens accepted, ${refused.length} refused`)
    }
  })

  test.skipIf(!isThere)('refuses a token for another audience', () => {
    expect(faultsOf(issued.tokens.login.slice(0, 1), 'another')).toEqual([fault])
  })

  test.skipIf(!isThere)('refuses the token of an operator who acts as a user', () => {
    expect(faultsOf([issued.act])).toEqual([fault])
    // Its audience is all that it lacks.
    expect(faultsOf([issued.act], `${ISSUER}/act-as`)).toEqual([null])
  })
})
