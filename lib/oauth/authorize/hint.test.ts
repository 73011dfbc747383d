import { describe, expect, test } from 'vitest'
import { useTable } from '../../../test/support/aws/table.ts'
import { forge, rsaPair, signer } from '../../../test/support/http/forge.ts'
import { testAt } from '../../../test/support/users/users.ts'
import { publicKeyFromSpki } from '../../tokens/public-keys.ts'
import { hintedUser } from './hint.ts'
import type { AuthorizationRequest } from './request.ts'

const { table } = await useTable()
const { privateKey, publicKey } = rsaPair()
const ours = publicKeyFromSpki(publicKey.export({ format: 'der', type: 'spki' }))
const at = { ...testAt(table), config: { PUBLISHED_KEYS: [], TOKEN_ISSUER: 'https://issuer.example' } }
const claims = { iss: 'https://issuer.example', sub: 'Ada-Lovelace-1815-12-A', aud: 'shop' }

const idToken = (kid: string | undefined, key = privateKey) =>
  forge({ alg: 'RS256', typ: 'JWT', kid }, claims, signer(key))

const INVALID = {
  error: 'invalid_request',
  description: 'id_token_hint is no id_token of this service.',
}
const LOGIN_REQUIRED = { error: 'login_required', description: 'The user must sign in.' }

describe('the user of an id_token_hint', () => {
  test.each<[what: string, hint: string | undefined, expected: unknown, ofQuiet?: unknown]>([
    ['without a hint is unknown', undefined, undefined],
    ['is the subject of an id_token', idToken(ours.kid), claims.sub],
    ['of a text that is no token gives an error', 'a.b.c', INVALID],
    ['of a token by another key gives an error', idToken(ours.kid, rsaPair().privateKey), INVALID],
    [
      'of a token whose key is not published is unknown, unless the request is quiet',
      idToken('a'.repeat(43)),
      undefined,
      LOGIN_REQUIRED,
    ],
    [
      'of a token without a key is unknown, unless the request is quiet',
      idToken(undefined),
      undefined,
      LOGIN_REQUIRED,
    ],
  ])('%s', async (_what, unverifiedHint, expected, ofQuiet = expected) => {
    const ask = (...prompts: AuthorizationRequest['prompts'][number][]) =>
      hintedUser(at, async () => new Map([[ours.kid, ours]]), { unverifiedHint, prompts })
    expect([await ask(), await ask('consent'), await ask('none')]).toEqual([expected, expected, ofQuiet])
  })
})
