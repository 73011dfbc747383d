import { createHash } from 'node:crypto'
import { createRequire } from 'node:module'
import { expect, test } from 'vitest'

const require = createRequire(import.meta.url)
const { prototype: service } = require('serverless/lib/classes/service.js')
const { mergeIamTemplates } = require('serverless/lib/plugins/aws/package/lib/merge-iam-templates.js')

const hashOf = (method: () => unknown) =>
  createHash('sha256').update(method.toString()).digest('hex').slice(0, 16)

// The plugin replaces the first two, and the third asks the second for the functions. If one differs, read the method of the new version, and what guest.ts does with it. Then write the new hash here, and the version there.
test.each([
  ['mergeArrays', service.mergeArrays, '11de4ce32350e91c'],
  ['getAllFunctions', service.getAllFunctions, '00c2065a189803a2'],
  ['mergeIamTemplates', mergeIamTemplates, 'cd587b94ef74d103'],
])('the method %s is that of osls 4.3.1', (_, method, hash) => {
  expect(hashOf(method)).toBe(hash)
})
