import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { faultOfRegion, hasRegion } from './region.ts'

test.each([
  'cn-north-1',
  'us-gov-west-1',
  'us-iso-east-1',
  'us-isob-east-1',
  'eu-isoe-west-1',
  'eusc-de-east-1',
])('a deployment to %s is rejected', (region) => {
  expect(faultOfRegion(region)).toBe(
    `The service cannot be deployed to ${region}: it works in the commercial partition of AWS only.`,
  )
})

test.each(['eu-central-1', 'us-east-1', 'ca-central-1', 'mx-central-1', 'il-central-1'])(
  'a deployment to %s is accepted',
  (region) => {
    expect(faultOfRegion(region)).toBeUndefined()
  },
)

test.each([
  ['serverless.yml', 'provider: { name: aws, region: us-east-1 }', true],
  ['serverless.yml', `provider: { region: "\${opt:region, 'us-east-1'}" }`, true],
  ['serverless.yml', 'all: &all { region: us-east-1 }\nprovider: { <<: *all, name: aws }', true],
  ['serverless.yml', `provider: \${file(provider.yml)}`, true],
  ['serverless.yml', `provider: { region: a }\ne: &e { A: b }\nall: [${'*e, '.repeat(101)}]`, true],
  ['serverless.ts', "export default { provider: { name: 'aws' } }", true],
  ['serverless.yml', 'provider: { name: aws }\nresources: !Sub region', false],
  ['serverless.yaml', 'provider: aws', false],
  ['serverless.json', '{ "provider": { "name": "aws" }, "custom": { "region": "us-east-1" } }', false],
])('%s with %j may have a region: %j', (name, text, expected) => {
  const folder = mkdtempSync(join(tmpdir(), 'region-'))
  try {
    writeFileSync(join(folder, name), text)
    expect(hasRegion(join(folder, name))).toBe(expected)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
