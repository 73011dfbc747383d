import { readFileSync } from 'node:fs'
import { afterAll, expect, test } from 'vitest'
import { ROWS } from '../../lib/openapi/routes/rows.ts'
import { type Package, packageChangedProd, packageWithoutMailSignIn } from './packaged.ts'
import { removeUnpacked, responseOf } from './packaged-responses.ts'

// What `mailSignIn=on` adds to a deployment, and that `off` leaves nothing of it.

const [on, off] = await Promise.all([packageChangedProd(), packageWithoutMailSignIn()])
afterAll(removeUnpacked)

test('mailSignIn=on adds 2 functions with their roles and 6 routes, and takes none away', () => {
  const added = idsIn(on).filter((id) => !idsIn(off).includes(id))
  expect(idsIn(off).filter((id) => !idsIn(on).includes(id))).toEqual([])
  const count = (type: string) => added.filter((id) => on.resources[id]?.Type === type).length
  expect(added).toHaveLength(20)
  expect(added.filter((id) => on.resources[id]?.Type === 'AWS::Lambda::Function')).toEqual([
    'ProofLambdaFunction',
    'LoginDashmailLambdaFunction',
  ])
  expect(count('AWS::IAM::Role')).toBe(2)
  const own = ROWS.filter(({ needs }) => [needs].flat().includes('mailSignIn'))
  expect(own.length).toBeGreaterThan(5)
})

test('the template of mailSignIn=off has nothing of it', () => {
  const template = readFileSync(`${off.folder}/cloudformation-template-update-stack.json`, 'utf8')
  expect(template.match(new RegExp(`.{40}(${OF_MAILS.source}).{40}`, 'gi'))).toBeNull()
})

test.each([
  ['signin', 'signin'],
  ['signin', 'GET /account'],
  ['account-pages', 'GET /register'],
  ['account-pages', 'GET /confirm'],
  ['console', 'console'],
  ['openapi', 'openapi'],
] as const)('only with mailSignIn=on, the responses of %s to %s have something of it', async (key, event) => {
  const [withIt, without] = [await responseOf(on, key, event), await responseOf(off, key, event)]
  expect(without.bundle).not.toMatch(/mail\/|passwordless/)
  expect(withIt.texts.some((text) => OF_MAILS.test(text))).toBe(true)
  for (const text of without.texts) expect(text).not.toMatch(OF_MAILS)
})

/** Words of it. A mail itself is of every service. */
const OF_MAILS =
  /mail[-_ ]?sign|register\/passkey|login\/mail|login-mail|changeToken|change#|no_password|other_browser|passwordless|signed in by mail|continue with e-mail/i

const idsIn = ({ resources }: Package) =>
  // The name of a deployment is a hash of the API.
  Object.keys(resources).filter((id) => !id.startsWith('ApiGatewayDeployment'))
